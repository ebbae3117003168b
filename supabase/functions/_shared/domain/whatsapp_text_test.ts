import assert from "node:assert/strict";
import fc from "fast-check";
import { maxBodyLength, toWhatsAppFormat, whatsappMessages } from "./whatsapp_text.ts";

/** What models write, and what the customer is to read. */
const samples: Record<string, [markdown: string, expected: string][]> = {
  "bold, italic and strikethrough": [
    ["**Olá, João!** Tudo *bem*? _Sim._", "*Olá, João!* Tudo *bem*? _Sim._"],
    ["__negrito__ e ***muito importante***", "*negrito* e *_muito importante_*"],
    ["**Preço:** ~~R$ 100~~ **R$ 80**", "*Preço:* ~R$ 100~ *R$ 80*"],
    ["**R$ 1.500,00**/mês", "*R$ 1.500,00*/mês"],
    ["**duas\nlinhas**", "*duas*\n*linhas*"],
    ["**Nome: **João\n**Nota:**texto", "*Nome:* João\n*Nota:* texto"],
    ["**não fechado", "não fechado"],
    ["palavra**negrito**palavra", "palavranegritopalavra"],
    ["**“aspas”** e **(parênteses)**", "*“aspas”* e *(parênteses)*"],
    ["*já em negrito* e ~já riscado~", "*já em negrito* e ~já riscado~"],
  ],
  "what only looks like emphasis": [
    ["2*3*4 = 24, 2 ** 3 = 8, 5 * 4 * 3", "2*3*4 = 24, 2 ** 3 = 8, 5 * 4 * 3"],
    ["use snake_case_word ou a_b_c", "use snake_case_word ou a_b_c"],
    ["R$ 10~20, em ~5 min", "R$ 10~20, em ~5 min"],
    ["CPF ***.456.789-**", "CPF ***.456.789-**"],
    ["@user_name_x #promo", "@user_name_x #promo"],
    ["ana_b_c@x.br, https://x.br/a_b_c*d*e", "ana_b_c@x.br, https://x.br/a_b_c*d*e"],
    ["5 > 3, e >18 anos", "5 > 3, e >18 anos"],
    ["[1] (x), list[0](1)", "[1] (x), list[0](1)"],
  ],
  "headings and rules": [
    ["# Título\n\n## Sub **forte** ##\ntexto", "*Título*\n\n*Sub forte*\ntexto"],
    ["### C#\n#promo", "*C#*\n#promo"],
    ["Título\n=====\ntexto", "*Título*\ntexto"],
    ["## 1. Passo\nAbra a caixa.", "1. *Passo*\nAbra a caixa."],
    ["acima\n\n---\n\nabaixo\n\n***", "acima\n\nabaixo"],
    ["a\n\n\n\n\nb", "a\n\nb"],
  ],
  "lists": [
    ["* um\n  * dois\n    + três\n- quatro", "- um\n  - dois\n    - três\n- quatro"],
    ["1. um\n   - a\n2) dois", "1. um\n   - a\n2) dois"],
    ["- [ ] fazer\n- [x] feito", "- ☐ fazer\n- ☑ feito"],
    ["- **Pão**: R$ 1\n\n- **Bolo**: R$ 2", "- *Pão*: R$ 1\n\n- *Bolo*: R$ 2"],
    ["**1.** um\n**2.** dois", "*1.* um\n*2.* dois"],
    ["• a\n◦ b", "• a\n◦ b"],
    ["+ 55 11 98765-4321", "+ 55 11 98765-4321"],
  ],
  "quotes": [
    ["> uma\n>> duas", "> uma\n> duas"],
    ["> [!NOTE]\n> Fechado aos **domingos**.", "> Fechado aos *domingos*."],
    ["> - item", "> - item"],
  ],
  "tables": [
    [
      "| Produto | Preço |\n|---|---:|\n| Pão | R$ 1,00 |\n| **Bolo** | R$ 20 |",
      "*Produto: Preço*\n- Pão: R$ 1,00\n- *Bolo*: R$ 20",
    ],
    [
      "| Plano | Preço | Prazo |\n|-|-|-|\n| Básico | R$ 9 | 1 mês |\n| Pleno | | \n| Livre |",
      "*Plano*\n- Básico – Preço: R$ 9; Prazo: 1 mês\n- Pleno – Preço: –\n- Livre",
    ],
    ["a | b\n--|--\n1 | 2\n\nfim", "*a: b*\n- 1: 2\n\nfim"],
    ["sim | não, sem tabela", "sim | não, sem tabela"],
  ],
  "links and images": [
    ["Veja [nosso site](https://x.br/a_(b)?c=1).", "Veja nosso site (https://x.br/a_(b)?c=1)."],
    ["[https://x.br](https://x.br) [x.br](https://www.x.br/)", "https://x.br https://www.x.br/"],
    ["[Site:](https://x.br) ou <https://y.br>", "Site: https://x.br ou https://y.br"],
    ["[e-mail](mailto:a@b.br), [fone](tel:+551199)", "e-mail (a@b.br), fone (+551199)"],
    ["**[site](https://x.br)** e [**site**](https://x.br)", "*site* (https://x.br) e *site* (https://x.br)"],
    ["![](https://x.br/i.png) ![logo](https://x.br/l.png)", "https://x.br/i.png logo (https://x.br/l.png)"],
    ['[site](https://x.br "Título")', "site (https://x.br) (Título)"],
    ["[o site][1]\n\n[1]: https://x.br", "o site [1]\n\n[1] https://x.br"],
    ["texto[^1]\n\n[^1]: nota", "texto[1]\n\n[1] nota"],
    ["[topo](#topo) [sem fim](https://x.br", "topo [sem fim](https://x.br"],
  ],
  "code": [
    ["`a ** b **` e ``x ` y``", "`a ** b **` e `x ' y`"],
    ["```js\nconst a = 1; // **x**\n\n# b\n```", "```\nconst a = 1; // **x**\n\n# b\n```"],
    ["~~~python\nprint(1)\n~~~", "```\nprint(1)\n```"],
    ["veja:\n```\nsem fim", "veja:\n```\nsem fim\n```"],
    ["texto ```código``` texto", "texto ```código``` texto"],
    ["```markdown\n# Título\n**b**\n```", "*Título*\n*b*"],
    ["```\n```\nfim", "fim"],
  ],
  "HTML, entities and escapes": [
    ["um<br>dois <b>b</b> <i>i</i> <s>s</s> <u>u</u>", "um\ndois *b* _i_ ~s~ u"],
    ["<ul><li>um</li><li>dois</li></ul>", "- um\n- dois"],
    ['<a href="https://x.br">site</a><!-- nota -->', "site (https://x.br)"],
    ["a <nome> b < c > d", "a <nome> b < c > d"],
    ["Tom &amp; Jerry &lt;3 &#233; &#x1F600; &bogus; &amp;lt;", "Tom & Jerry <3 é 😀 &bogus; <"],
    ["1\\. um, \\# dois, \\[três\\], 5\\* hotel", "1. um, # dois, [três], 5* hotel"],
    ["quebra\\\nlinha  \nfim", "quebra\nlinha\nfim"],
  ],
  "languages and emoji": [
    ["¿**Cómo** está? ¡_Muy_ bien!", "¿*Cómo* está? ¡_Muy_ bien!"],
    ["**مرحبا** بك في _متجرنا_؟", "*مرحبا* بك في _متجرنا_؟"],
    ["**こんにちは**、世界。", "*こんにちは*、世界。"],
    ["👋 **Oi** 👩‍👩‍👧 🇧🇷 *️⃣ 1️⃣", "👋 *Oi* 👩‍👩‍👧 🇧🇷 *️⃣ 1️⃣"],
    [
      "**Promoção** 🎉\n\n- Açaí: **R$ 15**\n- Pão de queijo",
      "*Promoção* 🎉\n\n- Açaí: *R$ 15*\n- Pão de queijo",
    ],
  ],
  "what nobody should see": [
    ["Sim.【4:0†fonte】", "Sim."],
    ["a\u200Bb\u00ADc\0\uFEFF", "abc"],
    ["um\r\ndois\u2028três", "um\ndois\ntrês"],
    ["a\uD83D b \uDE00", "a\uFFFD b \uFFFD"],
    ["* \n\n> \n\n---\n**", ""],
    ["\u200B\u2060\u0301", ""],
  ],
};

for (const [kind, cases] of Object.entries(samples)) {
  Deno.test(`toWhatsAppFormat(): ${kind}`, () => {
    for (const [markdown, expected] of cases) assert.equal(toWhatsAppFormat(markdown), expected);
  });
}

Deno.test("toWhatsAppFormat() leaves what it wrote as it is", () => {
  for (const [, expected] of Object.values(samples).flat()) {
    assert.equal(toWhatsAppFormat(expected), expected);
  }
});

Deno.test("whatsappMessages() gives nothing for nothing and one message for what fits", () => {
  assert.deepEqual(whatsappMessages(" \n "), []);
  assert.deepEqual(whatsappMessages("**"), []);
  const exact = "a".repeat(maxBodyLength);
  assert.deepEqual(whatsappMessages(exact), [exact]);
  assert.equal(whatsappMessages(exact + "b").length, 2);
});

/** What begins, ends or interrupts something somewhere in the formatter or in the splitting. */
const units = [
  ...[
    " ",
    "\t",
    "\n",
    "*",
    "_",
    "~",
    "`",
    "```",
    "[",
    "]",
    "(",
    "<",
    ">",
    "#",
    "|",
    "&",
    "\\",
    "-",
    "=",
    "+",
    '"',
  ],
  ...[
    "> ",
    "# ",
    "- ",
    "1. ",
    "- [ ] ",
    "**a ",
    "*a* ",
    "a*",
    "a_b_",
    "__a",
    "`a` ",
    "`\n",
    "*a\n",
    "1 ",
    "\u00A0",
  ],
  ...[
    "[](",
    "[a](",
    "[a][",
    "[^1]",
    "[a]: http://b\n",
    "[x](https://a.b) ",
    '[](a "',
    "a://",
    "a://(",
    "a.a/",
    "www.",
  ],
  ...["```\n", "```a\n", "```a```", "~~~\n", "> [!N]", "> \n", "| a |\n", "|-|\n", "a|b\n", "=\n", "a\\\n"],
  ...["<b>", "</b>", "<<b>b>", "<a href=x>", "<li>", "<br>", "<a ", "&lt;", "&#59", "&amp;", "【", "【a†b】"],
  ...["\u0301", "e\u0301", " \u0301", "\u200D", "👩‍👩‍👧", "🇧🇷", "\uD83D", "。", "，", "\0"],
];

/** One text of about `length` units for each way in which repetition may cost more than its length. */
function monotonous(length: number): Map<string, string> {
  const many = (unit: string, share = 1) => unit.repeat(Math.ceil(length * share / unit.length));
  return new Map([
    ...units.map((unit): [string, string] => [unit, many(unit)]),
    ...["- ", "# ", "[", "&#59", "**a ", "```\na"].flatMap((begin) =>
      [" ", "#", ";", "](a.b)", "\n"].map((end): [string, string] => [
        `${begin} … ${end}`,
        many(begin, 0.5) + many(end, 0.5),
      ])
    ),
    ["many columns", `${many("|a", 0.3)}|\n${many("|-", 0.3)}|\n${many("|x|y|z|\n", 0.4)}`],
    ["a long column", `|a|${many("b", 0.3)}|c|\n|-|-|-|\n${many("|x|||\n", 0.7)}`],
  ]);
}

Deno.test("the work grows as the text does, whatever stands in it", () => {
  const milliseconds = (text: string) => {
    const start = performance.now();
    whatsappMessages(text);
    return performance.now() - start;
  };
  const short = monotonous(4_000);
  const long = monotonous(64_000);
  // Sixteen times the text: 16 where linear, 256 where quadratic. The pauses of a busy machine are no growth.
  const growsFaster = (name: string) => {
    const base = Math.max(2, milliseconds(short.get(name) ?? ""));
    return milliseconds(long.get(name) ?? "") > 64 * base;
  };
  for (const name of long.keys()) {
    assert.ok([1, 2, 3].some(() => !growsFaster(name)), `quadratic: ${JSON.stringify(name)}`);
  }
});

Deno.test("200,000 characters of anything are parts that can be sent", () => {
  for (
    const unit of [" ", "\n", "*", "_", "~", "`", "[", "<", "#", "|", "&", "> ", "&#59", "> [!N]", "- ", "🇧🇷"]
  ) {
    assert.ok(
      whatsappMessages(`a${unit.repeat(200_000 / unit.length)}a`).every(canBeSent),
      JSON.stringify(unit),
    );
  }
});

function canBeSent(part: string): boolean {
  return part.length <= maxBodyLength && part.trim() !== "" && part.isWellFormed();
}

Deno.test("whatever a model writes, its parts can be sent, blocks of code are closed and no word is lost", () => {
  const marks = [
    "**",
    "*",
    "_",
    "~~",
    "`",
    "```",
    "```js\n",
    "\n```\n",
    "# ",
    "- ",
    "1. ",
    "> ",
    "|",
    "\n|-|-|\n",
  ];
  const others = [
    "[",
    "](https://x.br/a_b)",
    "<b>",
    "</b>",
    "<br>",
    "&amp;",
    "\\",
    "\n",
    "\n\n",
    " ",
    ". ",
    "\u200D",
  ];
  const words = [
    "olá",
    "açúcar",
    "R$ 1.500,00",
    "👩‍👩‍👧",
    "🇧🇷",
    "e\u0301",
    "مرحبا",
    "世界。",
    "snake_case",
    "2*3",
    "x".repeat(90),
  ];
  const piece = fc.oneof(fc.constantFrom(...marks), fc.constantFrom(...others), fc.constantFrom(...words));
  const markdown = fc.array(piece, { maxLength: 80 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(markdown, fc.integer({ min: 40, max: 200 }), (text, limit) => {
      const parts = whatsappMessages(text, limit);
      const read = (text: string) => (text.match(/[\p{L}\p{N}\p{M}]/gu) ?? []).join("");
      assert.equal(read(parts.join(" ")), read(toWhatsAppFormat(text)));
      for (const part of parts) {
        assert.ok(canBeSent(part) && part.length <= limit, part);
        assert.ok(!/^```\s*```$/.test(part) && part.split("```").length % 2 === 1, part);
      }
    }),
    { seed: 20_260_101, numRuns: 1_000 },
  );
});

import assert from "node:assert/strict";
import { endWhole } from "./cut_off.ts";

const cases: [string, string, string][] = [
  [
    "the last whole sentence",
    "Abrimos todos os dias, das 6h às 20h. Aceitamos encomendas de pães, bol",
    "Abrimos todos os dias, das 6h às 20h.",
  ],
  ["a text that ends by itself", "Temos pão. Temos bolo!\n", "Temos pão. Temos bolo!"],
  ["closing quotes and marks", 'Ela disse: "*venha hoje!*" E nós', 'Ela disse: "*venha hoje!*"'],
  [
    "no whole sentence",
    "Temos pão de queijo, bolo de cenoura, torta de",
    "Temos pão de queijo, bolo de cenoura, torta…",
  ],
  [
    "a comma before the cut",
    "Temos pão de queijo, bolo de cenoura, tor",
    "Temos pão de queijo, bolo de cenoura…",
  ],
  [
    "a greeting alone would lose too much",
    "Oi! Temos pão de queijo, pão francês, bolo de cenoura e muita coi",
    "Oi! Temos pão de queijo, pão francês, bolo de cenoura e muita…",
  ],
  ["numbers of a list", "Os sabores:\n1. Morango\n2. Choco", "Os sabores:\n1. Morango…"],
  ["an abbreviation", "Procure pelo Sr. Joã", "Procure pelo Sr…"],
  ["a price", "O bolo custa R$ 20.50 e o pão custa R$ 1.2", "O bolo custa R$ 20.50 e o pão custa R$…"],
  ["no blanks", "我们每天早上六点开门。我们接受订", "我们每天早上六点开门。"],
  ["a single word", "Otorrinolaringolog", "Otorrinolaringolog…"],
];

for (const [what, text, expected] of cases) {
  Deno.test(`endWhole() after a cut: ${what}`, () => assert.equal(endWhole(text), expected));
}

Deno.test("endWhole() takes a runaway text without delay", () => {
  assert.equal(endWhole("Posso ajudar? ".repeat(20_000) + "Pos").length, 14 * 20_000 - 1);
  assert.equal(endWhole("a, ".repeat(100_000)).at(-1), "…");
});

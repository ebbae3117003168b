import assert from "node:assert/strict";
import { readBody } from "./body.ts";

const one = { id: "a", choices: [{ text: 'with "quotes", {braces} and \\ back' }] };
const two = { id: "b" };
const json = JSON.stringify(one);

const plain: [string, string][] = [
  ["alone", json],
  ["on several lines", JSON.stringify(one, null, 2)],
  ["behind blanks", `\n\n   \r\n\t${json}\n`],
  ["behind a byte order mark", `\ufeff${json}`],
  ["behind a stream's comments", `: OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n${json}`],
  ["before a stream's end", `${json}\ndata: [DONE]\n\n`],
  ["on several lines, before a stream's end", `${JSON.stringify(one, null, 2)}\n\ndata: [DONE]\n\n`],
  ["before a stream's end on its line", `${json}data: [DONE]`],
  ["before something else", `${json}\n\n: ping\n0`],
  ["as a single event", `data: ${json}\n\n`],
  ["with NUL as it is", json.replace('"a"', '"a\0"')],
];

for (const [what, text] of plain) {
  Deno.test(`readBody() finds JSON ${what}`, () => {
    const body = readBody(text);
    assert.ok(body.kind === "values");
    assert.deepEqual(body.values, [one]);
  });
}

const streams: [string, string][] = [
  ["events", `data: ${json}\n\ndata: ${JSON.stringify(two)}\n\ndata: [DONE]\n\n`],
  [
    "events that Windows wrote",
    `data: ${json}\r\n\r\ndata: ${JSON.stringify(two)}\r\n\r\ndata: [DONE]\r\n\r\n`,
  ],
  ["events without blank lines or blanks", `data:${json}\ndata:${JSON.stringify(two)}\ndata:[DONE]`],
  [
    "named events among pings",
    `event: a\nid: 1\ndata: ${json}\n\n: ping\n\ndata: ping\n\nevent: b\ndata: ${
      JSON.stringify(two)
    }\n\ndata: [DONE]`,
  ],
  [
    "an event on several lines",
    `data: ${
      JSON.stringify(one, null, 1).replaceAll("\n", "\ndata: ")
    }\n\ndata: {"id":\ndata: "b"}\n\ndata: [DONE]`,
  ],
  ["an object a line", `${json}\n${JSON.stringify(two)}\n[DONE]`],
];

for (const [what, text] of streams) {
  Deno.test(`readBody() reads a stream of ${what}`, () => {
    assert.deepEqual(readBody(text), { kind: "values", values: [one, two], isDone: true });
  });
}

Deno.test("readBody() does not take a torn stream for a whole one", () => {
  for (
    const text of [`data: ${json}\n\ndata: {"id":`, `data: {"id":\n\ndata: ${json}\n\n`, `${json}\n{"id"`]
  ) {
    assert.equal(readBody(text).kind, "words", text);
  }
  const unended = readBody(`data: ${json}\n\ndata: ${JSON.stringify(two)}\n\n`);
  assert.ok(unended.kind === "values" && !unended.isDone);
});

Deno.test("readBody() keeps raw line breaks in texts from spoiling the rest", () => {
  assert.deepEqual(readBody('{"text":"a\nb"}'), { kind: "values", values: [{ text: "a b" }], isDone: false });
});

Deno.test("readBody() gives a page's title, or what it shows, and other words as they are", () => {
  const page = (inner: string) => readBody(`<!DOCTYPE html>\n<html>${inner}</html>`);
  assert.deepEqual(page("<head><title> 502 Bad\nGateway </title></head>"), {
    kind: "words",
    words: "502 Bad\nGateway",
    isPage: true,
  });
  assert.deepEqual(page("<style>a{}</style><h1>No</h1>\n<p>way</p>"), {
    kind: "words",
    words: "No way",
    isPage: true,
  });
  for (const text of ["upstream connect error", "", "{broken", "42"]) {
    assert.deepEqual(readBody(text), { kind: "words", words: text, isPage: false });
  }
});

Deno.test("readBody() takes what never ends without delay", () => {
  assert.equal(readBody("{".repeat(100_000)).kind, "words");
  assert.equal(readBody("{\n".repeat(100_000)).kind, "words");
  assert.equal(readBody("data: {\n".repeat(2_000)).kind, "words");
  assert.equal(readBody("x\n".repeat(100_000)).kind, "words");
});

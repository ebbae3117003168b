import assert from "node:assert/strict";
import { AppError } from "./errors.ts";
import { createLogger, type LoggerOptions, maskAddress } from "./logger.ts";

function write(use: (log: ReturnType<typeof createLogger>) => void, options: LoggerOptions = {}): string[] {
  const lines: string[] = [];
  use(createLogger({ ...options, write: (line) => lines.push(line) }));
  return lines;
}

Deno.test("a line is one JSON object with its time, level, event and fields", () => {
  const [line = ""] = write((log) => log.info("batch.claimed", { message_count: 6, text: "two\nlines" }));
  assert.ok(!line.includes("\n"));
  const { at, ...rest } = JSON.parse(line);
  assert.equal(new Date(at).toISOString(), at);
  assert.deepEqual(rest, { level: "info", event: "batch.claimed", message_count: 6, text: "two\nlines" });
});

Deno.test("only what is as grave as the level is written", () => {
  const all = ["debug", "info", "warn", "error"] as const;
  for (const [index, level] of all.entries()) {
    const lines = write((log) => all.forEach((each) => log[each]("x.y")), { level });
    assert.deepEqual(lines.map((line) => JSON.parse(line).level), all.slice(index));
  }
});

Deno.test("the level is info unless told otherwise", () => {
  assert.equal(write((log) => log.debug("x.y")).length, 0);
  assert.equal(write((log) => log.info("x.y")).length, 1);
});

Deno.test("with() adds to every later line and leaves the logger it came from alone", () => {
  const lines = write((log) => {
    log.with({ a: 1 }).with({ b: 2 }).warn("x.y", { c: 3 });
    log.with({ a: 1 }).info("x.y", { a: 2 });
    log.info("x.y");
  }).map((line) => JSON.parse(line));
  assert.deepEqual([lines[0].a, lines[0].b, lines[0].c], [1, 2, 3]);
  assert.equal(lines[1].a, 2, "the nearer field wins");
  assert.equal("a" in lines[2], false);
});

Deno.test("an error is told with name, code, message and cause, also inside of other fields", () => {
  const error = new AppError("conflict", "Too late.", { cause: new Error("The version moved on.") });
  const [line = ""] = write((log) => log.error("x.y", { error, nested: { error } }));
  const told = { name: "AppError", code: "conflict", message: "Too late.", cause: "The version moved on." };
  assert.deepEqual(JSON.parse(line).error, told);
  assert.deepEqual(JSON.parse(line).nested.error, told);
});

Deno.test("what JSON cannot hold does not stop the work that is being logged", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const lines = write((log) => {
    log.warn("x.y", { circular });
    log.warn("x.y", { big: 1n });
  });
  assert.equal(lines.length, 2);
  for (const line of lines) assert.equal(JSON.parse(line).event, "x.y");
});

Deno.test("no line is longer than the platform keeps, and each stays JSON", () => {
  for (const unit of ["a", '"', "\\", "\n", "é", "👩🏽‍💻", "\u0001", "\ud800"]) {
    const [line = ""] = write((log) => log.info("x.y", { text: unit.repeat(20_000) }));
    assert.ok(line.length < 10_000, `${line.length} characters of ${JSON.stringify(unit)}`);
    assert.equal(JSON.parse(line).clipped, true);
  }
});

Deno.test("a clipped line can still be found by its level and event", () => {
  const [line = ""] = write((log) => log.error("request.failed", { text: "a".repeat(20_000) }));
  assert.equal(JSON.parse(line).level, "error");
  assert.equal(JSON.parse(line).event, "request.failed");
});

Deno.test("an address shows its scheme and last four characters", () => {
  assert.equal(maskAddress("whatsapp:+5511999991234"), "whatsapp:…1234");
  assert.equal(maskAddress("whatsapp:US.13491208655302741918"), "whatsapp:…1918");
  assert.equal(maskAddress("+5511999991234"), "…1234");
  assert.equal(maskAddress(""), "…");
});

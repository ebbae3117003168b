import assert from "node:assert/strict";
import { createConsole } from "./console.ts";
import type { StackEvent } from "./events/stack_events.ts";

const busy: StackEvent = {
  at: "2026-01-31T12:00:00.000Z",
  level: "info",
  event: "batch_lock.busy",
  part: "receive-whatsapp-message",
  function: "receive-whatsapp-message",
  request_id: "5134f257-925a-47ed-b4fe-7f9491f83f10",
  message_sid: "SMe339fb4d35eb4a159e12d7f2f6a5a063",
  session_id: "861dfec6-5284-42f5-9f05-78c961a75822",
  lock_owner: "a05db2ea-a51d-4366-a24e-e03c4be59098",
};

function shown(event: StackEvent, options: { json?: boolean; colour?: boolean } = {}): string {
  const written: string[] = [];
  const console = createConsole({
    json: false,
    colour: false,
    ...options,
    write: (text) => written.push(text),
  });
  console.show(event);
  return written.join("");
}

Deno.test("people see the part, the event and its key fields, with short ids", () => {
  assert.match(
    shown(busy),
    /^\d\d:\d\d:00 receive-whatsapp-message batch_lock\.busy message_sid=SMe339fb session_id=861dfec6 lock_owner=a05db2ea\n$/,
  );
});

Deno.test("a warning says so", () => {
  assert.match(shown({ ...busy, level: "warn" }), / warn batch_lock\.busy /);
});

Deno.test("a line with breaks stays one line, a long value is cut", () => {
  const line = shown({ ...busy, event: "message.stored", text: "a\nb".repeat(100) });
  assert.equal(line.split("\n").length, 2);
  assert.ok(line.length < 250);
});

Deno.test("debug lines are for machines", () => {
  assert.equal(shown({ ...busy, level: "debug" }), "");
  assert.notEqual(shown({ ...busy, level: "debug" }, { json: true }), "");
});

Deno.test("with json every event is one JSON line, and nothing else is said", () => {
  assert.deepEqual(JSON.parse(shown(busy, { json: true })), busy);
  const written: string[] = [];
  createConsole({ json: true, colour: false, write: (text) => written.push(text) }).say("Welcome");
  assert.deepEqual(written, []);
});

Deno.test("a part that is ready has a line with its time", () => {
  const ready = { at: busy.at, level: "info", event: "part.ready", part: "stack" } as const;
  assert.equal(
    shown({ ...ready, what: "PostgreSQL", ms: 640, detail: "port 54322" }),
    "  ✓ PostgreSQL           0.6 s  port 54322\n",
  );
});

import assert from "node:assert/strict";
import type { Conversation, StatusChange } from "../domain/conversation_status.ts";
import { AppError } from "../runtime/errors.ts";
import { changeStatus } from "./change_status.ts";
import type { Conversations } from "./ports/conversations.ts";

const change: StatusChange = {
  to: "human_handoff",
  changedBy: "user:ana",
  reason: "She asked for a person.",
};
const found: Conversation = { id: "c-1", sessionId: "s-1", status: "progress", version: 3 };

/** A conversation that others move right before each of our first `conflicts` tries. */
function contested(conflicts: number) {
  let version = found.version;
  const seen: number[] = [];
  const conversations: Conversations = {
    find: () => Promise.resolve({ ...found, version }),
    transition: (_, at) => {
      seen.push(at);
      if (seen.length <= conflicts) version++;
      return at === version
        ? Promise.resolve({ ...found, status: change.to, version: at + 1 })
        : Promise.reject(new AppError("conflict", "changed meanwhile"));
    },
  };
  return { conversations, seen };
}

Deno.test("the move starts from the version that was read", async () => {
  const { conversations, seen } = contested(0);
  assert.equal((await changeStatus("c-1", change, { conversations })).version, 4);
  assert.deepEqual(seen, [3]);
});

Deno.test("a conflict is tried again from the version that then holds", async () => {
  const { conversations, seen } = contested(4);
  assert.equal((await changeStatus("c-1", change, { conversations })).version, 8);
  assert.deepEqual(seen, [3, 4, 5, 6, 7]);
});

Deno.test("the fifth conflict is told", async () => {
  const { conversations, seen } = contested(5);
  await assert.rejects(changeStatus("c-1", change, { conversations }), { code: "conflict" });
  assert.equal(seen.length, 5);
});

Deno.test("an illegal move is not tried again", async () => {
  let asked = 0;
  const conversations: Conversations = {
    find: () => Promise.resolve(found),
    transition: () => {
      asked++;
      return Promise.reject(new AppError("invalid", "no such move"));
    },
  };
  await assert.rejects(changeStatus("c-1", change, { conversations }), { code: "invalid" });
  assert.equal(asked, 1);
});

Deno.test("what is not there cannot be moved", async () => {
  const { conversations } = contested(0);
  const gone = { ...conversations, find: () => Promise.resolve(null) };
  await assert.rejects(changeStatus("c-1", change, { conversations: gone }), { code: "not_found" });
});

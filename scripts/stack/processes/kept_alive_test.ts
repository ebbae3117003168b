import assert from "node:assert/strict";
import { keepAlive } from "./kept_alive.ts";
import { createStackEvents } from "../events/stack_events.ts";

/** Parts that live until they are told to die. */
function mortals() {
  const started: { pid: number; die: () => void }[] = [];
  const start = () => {
    const status = Promise.withResolvers<{ code: number; signal: string | null }>();
    const die = () => status.resolve({ code: 1, signal: null });
    const part = {
      pid: started.length + 1,
      status: status.promise,
      stop: async () => (die(), await status.promise),
    };
    started.push({ pid: part.pid, die });
    return Promise.resolve(part);
  };
  return { started, start };
}

Deno.test("a part that dies is started again", async () => {
  const events = createStackEvents();
  const { started, start } = mortals();
  const kept = await keepAlive("postgres", start, events);
  started[0]?.die();
  await events.happened(({ event, pid }) => event === "part.died" && pid === 1);
  await events.happened(({ event, pid }) => event === "part.restarted" && pid === 2);
  assert.equal(kept.current()?.pid, 2);
  await kept.stop();
});

Deno.test("a part that cannot be started again is tried until it can", async () => {
  const events = createStackEvents();
  const { started, start } = mortals();
  let failures = 0;
  const kept = await keepAlive("postgres", () => {
    if (started.length === 1 && failures++ < 2) return Promise.reject(new Error("port still taken"));
    return start();
  }, events);
  started[0]?.die();
  await events.happened(({ event }) => event === "part.restarted");
  assert.equal(events.recent().filter(({ event }) => event === "part.not_restarted").length, 2);
  await kept.stop();
});

Deno.test("a stopped part stays stopped", async () => {
  const events = createStackEvents();
  const { started, start } = mortals();
  const kept = await keepAlive("postgres", start, events);
  await kept.stop();
  assert.equal(kept.current(), null);
  assert.equal(started.length, 1);
  assert.deepEqual(events.recent(), []);
});

Deno.test("an error of the first start is the caller's", async () => {
  const start = () => Promise.reject(new Error("no such folder"));
  await assert.rejects(keepAlive("postgres", start, createStackEvents()), { message: "no such folder" });
});

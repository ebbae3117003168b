import assert from "node:assert/strict";
import { createOutsideLog } from "./outside_log.ts";
import { outsideProblems } from "./problems.ts";

function book() {
  const log = createOutsideLog();
  const write = ({ acknowledged = true } = {}) => {
    const message = log.write(1);
    if (acknowledged) log.acknowledged(message);
    return message.token;
  };
  return { log, write };
}

Deno.test("a reply may answer several messages, and then nothing is wrong", () => {
  const { log, write } = book();
  log.reply("SM1", `Recebi ${write()} ${write()}`);
  log.reply("SM2", `Recebi ${write()}`);
  assert.equal(log.open(), 0);
  assert.deepEqual(outsideProblems(log.verdict()), []);
});

Deno.test("an acknowledged message that no reply names is lost", () => {
  const { log, write } = book();
  const [answered, lost] = [write(), write()];
  log.reply("SM1", `Recebi ${answered}`);
  assert.equal(log.open(), 1);
  assert.deepEqual(log.verdict().lost, [lost]);
  assert.equal(outsideProblems(log.verdict()).length, 1);
});

Deno.test("a message that was never acknowledged may stay without an answer, but not get two", () => {
  const { log, write } = book();
  log.reply("SM0", `Recebi ${write()}`);
  const [unanswered, twice] = [write({ acknowledged: false }), write({ acknowledged: false })];
  log.reply("SM1", `Recebi ${twice}`);
  log.reply("SM2", `Recebi ${twice}`);
  const verdict = log.verdict();
  assert.deepEqual([verdict.lost, verdict.twice], [[], [twice]]);
  assert(!JSON.stringify(verdict).includes(unanswered));
});

Deno.test("two accepted messages over one token are two answers, even with other words", () => {
  const { log, write } = book();
  const token = write();
  log.reply("SM1", `Recebi ${token}`);
  log.reply("SM2", `De novo: ${token}`);
  assert.deepEqual(log.verdict().twice, [token]);
  assert.equal(outsideProblems(log.verdict()).length, 1);
});

Deno.test("later news of one accepted message are no second answer", () => {
  const { log, write } = book();
  const body = `Recebi ${write()}`;
  log.reply("SM1", body);
  log.reply("SM1", body);
  assert.deepEqual(outsideProblems(log.verdict()), []);
});

Deno.test("a message to the customer that answers nothing is reported", () => {
  const { log, write } = book();
  log.reply("SM1", `Recebi ${write()}`);
  log.reply("SM2", "Desculpe, estou com dificuldades técnicas.");
  assert.deepEqual(log.verdict().strange, ["Desculpe, estou com dificuldades técnicas."]);
  assert.equal(outsideProblems(log.verdict()).length, 1);
});

Deno.test("a run in which nothing was acknowledged proves nothing", () => {
  assert.equal(outsideProblems(createOutsideLog().verdict()).length, 1);
});

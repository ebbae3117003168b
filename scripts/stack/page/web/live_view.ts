/// <reference lib="dom" />
import { byId, h, showList } from "./dom.ts";
import { concerns, type Model } from "./model.ts";
import { type Counters, emptyCounters, type Invocation, type Round } from "./rounds.ts";
import { stageNames } from "./stages.ts";
import { clockWithMillis, duration, preview } from "./words.ts";

const stageLabels = {
  lock: "Lock",
  wait: "Wait",
  batch: "Batch",
  model: "Model",
  reply: "Reply",
  release: "Release",
};

const counterLabels: [keyof Counters, string][] = [
  ["accepted", "stored"],
  ["busy", "found it busy"],
  ["batches", "batches"],
  ["modelCalls", "model calls"],
  ["replies", "replies"],
  ["duplicates", "duplicates"],
  ["sweeps", "sweeps"],
];

export function drawCounters(model: Model): void {
  const total = emptyCounters();
  for (const [customer, counters] of model.rounds.counters) {
    const sums = concerns(model, customer)
      ? counterLabels
      : counterLabels.filter(([name]) => name === "sweeps");
    for (const [name] of sums) total[name] += counters[name];
  }
  showList(byId("counters"), counterLabels, {
    key: ([name]) => name,
    signature: ([name]) => String(total[name]),
    build: ([name, label]) =>
      h(
        "div",
        { "data-counter": name, ...(total[name] === 0 && { class: "zero" }) },
        h("dt", {}, label),
        h("dd", {}, String(total[name])),
      ),
  });
}

/** The latest rounds, newest first: what each holder of the lock went through, and who found it taken. */
export function drawRounds(model: Model): void {
  const rounds = model.rounds.list.filter(({ customer }) => concerns(model, customer)).toReversed().slice(
    0,
    12,
  );
  const parent = byId("rounds");
  parent.classList.toggle("empty", rounds.length === 0);
  const acksOf = (round: Round) =>
    round.invocations.map(({ messageSid }) => model.acks.get(messageSid ?? "") ?? null);
  showList(parent, rounds, {
    key: ({ id }) => id,
    signature: (round) => JSON.stringify([round, acksOf(round), model.everyone]),
    build: (round) => roundCard(round, model),
  });
}

function roundCard(round: Round, model: Model): HTMLElement {
  const running = round.endedAt === null;
  const name = model.customers.find(({ address }) => address === round.customer)?.name ?? "a session";
  return h(
    "article",
    { class: "round", "data-running": String(running), "data-round": round.id },
    h(
      "header",
      {},
      h(
        "h3",
        {},
        round.messageCount > 0
          ? `Batch of ${round.messageCount}`
          : running
          ? "Gathering"
          : "Nothing left to answer",
      ),
      model.everyone && h("span", { class: "whose" }, name),
      round.duplicates > 0 &&
        h(
          "span",
          { class: "badge duplicate", "data-duplicates": String(round.duplicates) },
          `${round.duplicates} ${round.duplicates === 1 ? "duplicate" : "duplicates"} caught`,
        ),
      h("time", { datetime: round.startedAt }, clockWithMillis(round.startedAt)),
    ),
    h(
      "ol",
      { class: "stages" },
      ...stageNames.map((stage) => {
        const { state, note, at, lastsMs } = round.stages[stage];
        const gone = lastsMs === undefined || at === null ? 0 : Date.now() - Date.parse(at);
        const timed = state === "active" && lastsMs !== undefined && lastsMs > gone;
        return h(
          "li",
          {
            "data-stage": stage,
            "data-state": state,
            ...(timed && { class: "timed", style: `--lasts: ${lastsMs}ms; --gone: -${gone}ms` }),
          },
          h("i", { "aria-hidden": "true" }),
          h("b", {}, stageLabels[stage]),
          h("small", {}, note),
        );
      }),
    ),
    h(
      "ul",
      { class: "invocations", "aria-label": "Webhooks" },
      ...round.invocations.map((each) => invocationChip(each, model)),
    ),
  );
}

function invocationChip({ id, messageSid, lock }: Invocation, model: Model): HTMLElement {
  const ack = model.acks.get(messageSid ?? "") ?? null;
  const message = model.messages.get(messageSid ?? "");
  const body = messageSid === null ? "sweep" : message ? preview(message, "en") : "message";
  const says = lock === "acquired" ? "lock acquired" : lock === "busy" ? "busy" : "done";
  return h(
    "li",
    { "data-lock": lock, title: `invocation ${id}` },
    h("span", { class: "says" }, says),
    h("span", { class: "body" }, body),
    ack && h("span", { class: "ack" }, `${ack.status ?? "no answer"} in ${duration(ack.tookMs)}`),
  );
}

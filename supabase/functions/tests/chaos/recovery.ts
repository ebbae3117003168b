import type { SentMessage } from "./outside_log.ts";

/** A disturbance. `parts` were killed with it; null: nobody was, but everybody who was at work is affected. */
export interface Kill {
  at: number;
  parts: ReadonlySet<string> | null;
}

/** Somebody at work on a customer's messages, as the logs tell. `to` is null when the logs tell of no end. */
export interface Holder {
  customer: number;
  part: string;
  from: number;
  to: number | null;
}

export interface Recoveries {
  /** From the last disturbance that hit a message in flight to its reply, in ms. */
  fromLastHit: number[];
  /** From the first one after its acknowledgement, however many more hit it. */
  fromFirstHit: number[];
}

type Step =
  | { at: number; kind: "acknowledged" | "replied"; message: SentMessage }
  | { at: number; kind: "began" | "ended"; holder: Holder }
  | { at: number; kind: "kill"; kill: Kill };

/**
 * How long answered messages needed after what hit them. The first disturbance after its acknowledgement hits a message,
 * whoever had it; each later one hits it when somebody was at work on its customer, for he has to be waited out anew.
 */
export function recoveries(messages: SentMessage[], holders: Holder[], kills: Kill[]): Recoveries {
  const open = new Map<number, Set<SentMessage>>();
  const atWork = new Set<Holder>();
  const hits = new Map<SentMessage, { first: number; last: number }>();
  const result: Recoveries = { fromLastHit: [], fromFirstHit: [] };

  for (const step of inOrder(messages, holders, kills)) {
    switch (step.kind) {
      case "acknowledged":
        openOf(open, step.message.customer).add(step.message);
        break;
      case "replied": {
        openOf(open, step.message.customer).delete(step.message);
        const hit = hits.get(step.message);
        if (hit === undefined) break;
        result.fromFirstHit.push(step.at - hit.first);
        result.fromLastHit.push(step.at - hit.last);
        hits.delete(step.message);
        break;
      }
      case "began":
        atWork.add(step.holder);
        break;
      case "ended":
        atWork.delete(step.holder);
        break;
      case "kill": {
        const { at, parts } = step.kill;
        const affected = [...atWork].filter(({ part }) => parts === null || parts.has(part));
        const busy = new Set(affected.map(({ customer }) => customer));
        for (const [customer, waiting] of open) {
          for (const message of waiting) {
            const hit = hits.get(message);
            if (hit === undefined) hits.set(message, { first: at, last: at });
            else if (busy.has(customer)) hit.last = at;
          }
        }
        if (parts !== null) { for (const holder of affected) atWork.delete(holder); }
      }
    }
  }
  return result;
}

function inOrder(messages: SentMessage[], holders: Holder[], kills: Kill[]): Step[] {
  const steps: Step[] = [
    ...kills.map((kill): Step => ({ at: kill.at, kind: "kill", kill })),
    ...holders.flatMap((holder): Step[] => [
      { at: holder.from, kind: "began", holder },
      ...(holder.to === null ? [] : [{ at: holder.to, kind: "ended", holder } satisfies Step]),
    ]),
    ...messages.flatMap((message): Step[] => {
      const { acknowledgedAt, replies: [reply] } = message;
      if (acknowledgedAt === null || reply === undefined || reply.at < acknowledgedAt) return [];
      return [{ at: acknowledgedAt, kind: "acknowledged", message }, {
        at: reply.at,
        kind: "replied",
        message,
      }];
    }),
  ];
  return steps.sort((a, b) => a.at - b.at);
}

function openOf(open: Map<number, Set<SentMessage>>, customer: number): Set<SentMessage> {
  const known = open.get(customer) ?? new Set();
  open.set(customer, known);
  return known;
}

/** From acknowledgement to reply, in ms. */
export function waits(messages: SentMessage[]): number[] {
  return messages.flatMap(({ acknowledgedAt, replies: [reply] }) =>
    acknowledgedAt === null || reply === undefined ? [] : [Math.max(reply.at - acknowledgedAt, 0)]
  );
}

export interface Distribution {
  count: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** Nearest-rank percentiles; all 0 when there is nothing. */
export function distribution(values: number[]): Distribution {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (share: number) => sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? 0;
  return { count: sorted.length, p50: rank(0.5), p95: rank(0.95), p99: rank(0.99), max: sorted.at(-1) ?? 0 };
}

import type postgres from "postgres";
import { Arrivals } from "stack/events/arrivals.ts";

export interface Delivery {
  url: string;
  timeoutMs: number;
  /** Null: no answer within the time limit, or no connection. */
  status: number | null;
}

export interface Courier {
  deliveries: Arrivals<Delivery>;
  stop(): Promise<void>;
}

interface QueuedRequest {
  id: string;
  url: string;
  body: string;
  headers: Record<string, string>;
  timeout_milliseconds: number;
}

/** As in pg_net: how many requests are one batch, and the pause after each. */
const batchSize = 200;
const pauseMs = 1_000;

/**
 * Does what pg_net's one background worker does (its worker.c, 0.20): takes a batch off the queue, sends all of it at the same
 * time, and holds one transaction until the slowest answer has come or timed out. Nothing else is sent meanwhile.
 */
export async function startCourier(sql: postgres.Sql): Promise<Courier> {
  const deliveries = new Arrivals<Delivery>("delivery");
  const stopped = new AbortController();
  let woken = Promise.withResolvers<void>();
  const { unlisten } = await sql.listen("pg_net_wake", () => woken.resolve());

  async function deliver(request: QueuedRequest, transaction: postgres.TransactionSql): Promise<void> {
    const { id, url, body, headers, timeout_milliseconds: timeoutMs } = request;
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(timeoutMs)]);
    let status: number | null = null;
    try {
      const answer = await fetch(url, { method: "POST", headers, body, signal });
      const content = await answer.text();
      status = answer.status;
      await transaction`insert into net._http_response (id, status_code, content, timed_out)
        values (${id}, ${status}, ${content}, false)`;
    } catch (cause) {
      if (status !== null || !(cause instanceof TypeError || cause instanceof DOMException)) throw cause;
      await transaction`insert into net._http_response (id, timed_out, error_msg)
        values (${id}, ${cause.name === "TimeoutError"}, ${cause.message})`;
    }
    deliveries.add({ url, timeoutMs, status });
  }

  async function sendBatch(): Promise<number> {
    return await sql.begin(async (transaction) => {
      const requests = await transaction<QueuedRequest[]>`
        delete from net.http_request_queue
        where id in (select id from net.http_request_queue order by id limit ${batchSize})
        returning id, url, convert_from(body, 'UTF8') as body, headers, timeout_milliseconds`;
      await Promise.all(requests.map((request) => deliver(request, transaction)));
      return requests.length;
    });
  }

  const work = (async () => {
    while (!stopped.signal.aborted) {
      await woken.promise;
      woken = Promise.withResolvers();
      while (!stopped.signal.aborted && await sendBatch() > 0) {
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  })();
  return {
    deliveries,
    stop: async () => {
      stopped.abort();
      woken.resolve();
      await unlisten();
      await work;
    },
  };
}

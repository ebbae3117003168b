import type postgres from "postgres";
import { Arrivals } from "stack/events/arrivals.ts";

export interface Delivery {
  url: string;
  timeoutMs: number;
  status: number;
  body: unknown;
}

export interface Courier {
  deliveries: Arrivals<Delivery>;
  stop(): Promise<void>;
}

interface QueuedRequest {
  url: string;
  body: unknown;
  headers: Record<string, string>;
  timeout_milliseconds: number;
}

/** Does what pg_net's background worker does: posts what `net.http_post` has queued. */
export async function startCourier(sql: postgres.Sql): Promise<Courier> {
  const deliveries = new Arrivals<Delivery>("delivery");
  const under = new Set<Promise<void>>();
  const deliver = async (request: QueuedRequest) => {
    const { url, body, headers, timeout_milliseconds: timeoutMs } = request;
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal });
    deliveries.add({ url, timeoutMs, status: answer.status, body: await answer.json() });
  };
  const { unlisten } = await sql.listen("http_request", (payload) => {
    const delivery = deliver(JSON.parse(payload)).finally(() => under.delete(delivery));
    under.add(delivery);
  });
  return {
    deliveries,
    stop: async () => {
      await unlisten();
      await Promise.all(under);
    },
  };
}

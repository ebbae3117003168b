import type { TwilioSimulator } from "../twilio/simulator.ts";
import { carryOut, readCommand } from "./commands.ts";
import type { StackEvents } from "../events/stack_events.ts";
import { createLiveStream } from "./live_stream.ts";
import { pageFile } from "./page_files.ts";
import { createPageState } from "./page_state.ts";
import type { PageState, StackHealth } from "./wire.ts";

export interface PageOptions {
  /** 0 takes a free one. */
  port: number;
  /** Null where a real Twilio is configured: the page then only watches. */
  simulator: TwilioSimulator | null;
  events: StackEvents;
  /** Our WhatsApp address. */
  sender: string;
  health: () => StackHealth | Promise<StackHealth>;
}

export interface Page {
  url: string;
  port: number;
  stop(): Promise<void>;
}

const healthEveryMs = 2_000;

/** The page: a phone to write from, and a live view of what the functions do with it. */
export function startPage({ port, simulator, events, sender, health }: PageOptions): Page {
  const live = createLiveStream();
  const open = createLiveStream();
  const state = createPageState({ simulator, events, onUpdate: (update) => live.send(update) });
  /** How many pages have a customer's chat open. */
  const readers = new Map<string, number>();

  const whole = async (): Promise<PageState> => ({
    sender,
    simulated: simulator !== null,
    customers: state.customers(),
    messages: state.messages(),
    log: state.log(),
    health: await health(),
  });

  const command = async (request: Request): Promise<Response> => {
    // A form on some other site cannot send this type, so only our own page gets through.
    if (!request.headers.get("content-type")?.startsWith("application/json")) return status(415);
    const parsed = readCommand(await request.json());
    if (parsed === null) return status(400);
    const customer = state.find(parsed.customer);
    if (customer === null) return status(404);
    if (simulator === null) return status(409);
    await carryOut(parsed, customer, simulator);
    return status(202);
  };

  /** A chat is open on some page: what is delivered there counts as read, as long as the connection lasts. */
  const presence = (customer: string): Response => {
    const change = (by: number) => {
      const count = (readers.get(customer) ?? 0) + by;
      readers.set(customer, count);
      simulator?.setChatOpen(customer, count > 0);
    };
    change(1);
    return open.open(() => change(-1));
  };

  const server = Deno.serve({ port, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method === "POST" && pathname === "/api/command") return await command(request);
    if (request.method !== "GET") return status(405);
    if (pathname === "/api/state") return Response.json(await whole());
    if (pathname === "/api/live") return live.open();
    if (pathname === "/api/presence") return presence(searchParams.get("customer") ?? "");
    if (pathname.startsWith("/media/")) return media(pathname, simulator);
    return await pageFile(pathname);
  });
  let before = "";
  const timer = setInterval(async () => {
    const now = await health();
    live.ping();
    open.ping();
    if (JSON.stringify(now) === before) return;
    before = JSON.stringify(now);
    live.send({ kind: "health", health: now });
  }, healthEveryMs);

  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    port: server.addr.port,
    async stop() {
      clearInterval(timer);
      state.stop();
      live.close();
      open.close();
      await server.shutdown();
    },
  };
}

function media(pathname: string, simulator: TwilioSimulator | null): Response {
  const [, , messageSid, mediaSid] = pathname.split("/");
  const message = simulator?.history().find(({ sid }) => sid === messageSid);
  const found = message?.media.find(({ sid }) => sid === mediaSid);
  if (found === undefined || found.base64 === null) return status(404);
  const bytes = Uint8Array.fromBase64(found.base64);
  return new Response(bytes, {
    headers: { "content-type": found.contentType, "cache-control": "max-age=3600" },
  });
}

const status = (code: number) => new Response(null, { status: code });

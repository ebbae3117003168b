import type { StackEvents } from "./events/stack_events.ts";
import { tell } from "./events/part_log.ts";

export interface Upstreams {
  /** Where the Data API and sign-in are; null while they are down. */
  dataApi(): string | null;
  /** Where a function is: null while it is down, undefined when there is none of that name. */
  functionOrigin(name: string): string | null | undefined;
  health(): Health;
}

export interface Health {
  ready: boolean;
  pids: { functions: number[]; postgres: number | null };
}

export interface Gateway {
  readonly url: string;
  stop(): Promise<void>;
}

const hopByHop = ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "host"];

/** The one public address, which routes as Supabase's gateway does. */
export function startGateway(port: number, upstreams: Upstreams, events: StackEvents): Gateway {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port, onListen: () => {} },
    (request) => route(request, upstreams, events),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    stop: () => server.shutdown(),
  };
}

function route(request: Request, upstreams: Upstreams, events: StackEvents): Response | Promise<Response> {
  const url = new URL(request.url);
  const { pathname, search } = url;
  if (pathname === "/health") {
    const health = upstreams.health();
    return Response.json(health, { status: health.ready ? 200 : 503 });
  }
  if (pathname.startsWith("/rest/v1") || pathname.startsWith("/auth/v1")) {
    return forward(request, upstreams.dataApi(), pathname + search, events);
  }
  const called = pathname.match(/^\/functions\/v1\/([^/]+)(\/.*)?$/);
  const [, name = "", rest = ""] = called ?? [];
  const origin = called ? upstreams.functionOrigin(name) : undefined;
  if (origin === undefined) {
    const message = called ? "Requested function was not found" : "no Route matched with those values";
    return Response.json({ code: "NOT_FOUND", message }, { status: 404 });
  }
  // The functions never see the public host, nor /functions/v1: only what Supabase's gateway leaves of the address.
  return forward(request, origin, `/${name}${rest}${search}`, events);
}

async function forward(
  request: Request,
  origin: string | null,
  path: string,
  events: StackEvents,
): Promise<Response> {
  if (origin === null) return unavailable("is down and being restarted");
  const headers = new Headers(request.headers);
  const { host, protocol, port } = new URL(request.url);
  for (const name of hopByHop) headers.delete(name);
  // An answer that is passed on as it came must not be unpacked on the way.
  headers.set("accept-encoding", "identity");
  headers.set("x-forwarded-host", host);
  headers.set("x-forwarded-proto", protocol.slice(0, -1));
  headers.set("x-forwarded-port", port);
  try {
    const { method, body } = request;
    const answer = await fetch(origin + path, { method, headers, body, redirect: "manual" });
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  } catch (cause) {
    // What `fetch` says is always the same; why is in the cause.
    const reason = cause instanceof Error ? cause.cause ?? cause.message : cause;
    tell(events, "warn", "gateway.no_answer", { path: path.split("?")[0], error: String(reason) });
    return unavailable("did not answer");
  }
}

function unavailable(what: string): Response {
  return Response.json(
    { code: "UNAVAILABLE", message: `The part behind this address ${what}` },
    { status: 503, headers: { "retry-after": "1" } },
  );
}

import { createServer, type IncomingMessage } from "node:http";
import { AppError } from "functions/_shared/runtime/errors.ts";

export interface HttpRequest {
  method: string;
  url: URL;
  headers: Headers;
  body: string;
}

/** `reset` breaks the connection without an answer; `hang` leaves the caller waiting until it or the server gives up. */
export type HttpAnswer =
  | { kind: "answer"; status: number; headers?: Record<string, string>; body: string | Uint8Array }
  | { kind: "reset" }
  | { kind: "hang" };

export interface HttpServer {
  port: number;
  url: string;
  stop(): Promise<void>;
}

/** Node's server, because `Deno.serve` has no way to break a connection on purpose. Listens on 127.0.0.1 only. */
export function serveHttp(
  port: number,
  handle: (request: HttpRequest) => Promise<HttpAnswer>,
): Promise<HttpServer> {
  const server = createServer(async (incoming, outgoing) => {
    const answer = await readRequest(incoming).then(handle).catch(unexpected);
    if (answer.kind === "hang") return;
    if (answer.kind === "reset") return void incoming.socket.resetAndDestroy();
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.end(answer.body);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") {
        throw new AppError("no_port", "No TCP port was bound.");
      }
      const stop = () =>
        new Promise<void>((stopped) => {
          server.close(() => stopped());
          server.closeAllConnections();
        });
      resolve({ port: address.port, url: `http://127.0.0.1:${address.port}`, stop });
    });
  });
}

export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return {
    kind: "answer",
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

async function readRequest(incoming: IncomingMessage): Promise<HttpRequest> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return {
    method: incoming.method ?? "GET",
    url: new URL(incoming.url ?? "/", `http://${incoming.headers.host ?? "127.0.0.1"}`),
    headers,
    body: new TextDecoder().decode(joined(chunks)),
  };
}

function joined(chunks: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

function unexpected(error: unknown): HttpAnswer {
  console.error(error);
  return jsonAnswer(500, { error: error instanceof Error ? error.message : String(error) });
}

/** For tests: a TCP listener that does to each connection whatever it is told, which an HTTP server would not. */
export interface RawServer extends AsyncDisposable {
  baseUrl: string;
  /** Requests as they arrived, head and body. */
  received: string[];
}

export function serveRaw(
  answer: (connection: Deno.Conn, received: string[]) => Promise<void> | void,
): RawServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const received: string[] = [];
  const open: Deno.Conn[] = [];
  const accepting = (async () => {
    const answers: Promise<void>[] = [];
    for await (const connection of listener) {
      open.push(connection);
      answers.push((async () => await answer(connection, received))());
    }
    await Promise.all(answers);
  })();
  return {
    baseUrl: `http://127.0.0.1:${listener.addr.port}`,
    received,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) close(connection);
      await accepting;
    },
  };
}

/** Reads the whole request, then writes `response` (if any) and closes. */
export function replying(response: string | null) {
  return async (connection: Deno.Conn, received: string[]) => {
    received.push(await readRequest(connection));
    if (response !== null) await connection.write(new TextEncoder().encode(response));
    close(connection);
  };
}

/** Reads the whole request, writes `start` and never goes on. */
export function hanging(start: string) {
  return async (connection: Deno.Conn, received: string[]) => {
    received.push(await readRequest(connection));
    if (start !== "") await connection.write(new TextEncoder().encode(start));
  };
}

/** Closing with unread bytes makes the kernel send a reset. */
export async function resetting(connection: Deno.Conn): Promise<void> {
  await connection.read(new Uint8Array(1));
  close(connection);
}

export async function closedPort(): Promise<string> {
  await using server = serveRaw(() => {});
  return server.baseUrl;
}

export function json(status: string, body: unknown, headers: Record<string, string> = {}): string {
  const text = JSON.stringify(body);
  const all = {
    "content-type": "application/json",
    "content-length": String(new TextEncoder().encode(text).length),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `HTTP/1.1 ${status}\r\n${lines}connection: close\r\n\r\n${text}`;
}

async function readRequest(connection: Deno.Conn): Promise<string> {
  const chunk = new Uint8Array(65_536);
  let text = "";
  for (;;) {
    const [head, body] = text.split("\r\n\r\n", 2);
    const length = Number(/content-length: (\d+)/i.exec(head ?? "")?.[1] ?? 0);
    if (body !== undefined && body.length >= length) return text;
    const size = await connection.read(chunk);
    if (size === null) return text;
    text += new TextDecoder().decode(chunk.subarray(0, size));
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

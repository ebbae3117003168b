import { AppError } from "../../supabase/functions/_shared/runtime/errors.ts";

const hostname = "127.0.0.1";

/** A port that nobody listens on at this moment. */
export function freePort(): number {
  using listener = Deno.listen({ hostname, port: 0 });
  return listener.addr.port;
}

/** Throws `port_busy`, naming every one of these ports that cannot be listened on. */
export async function assertPortsFree(ports: Record<string, number>): Promise<void> {
  const busy: string[] = [];
  for (const [what, port] of Object.entries(ports)) {
    if (!await isFree(port)) busy.push(`${port} (${what})`);
  }
  if (busy.length === 0) return;
  const subject = busy.length === 1 ? `Port ${busy[0]} is` : `Ports ${busy.join(", ")} are`;
  throw new AppError(
    "port_busy",
    `${subject} already in use: end what listens there, or set PORT to move all three.`,
  );
}

/** Waits until something accepts connections there, or `gone` settles first. */
export async function accepting(port: number, gone: Promise<unknown>): Promise<boolean> {
  let ended = false;
  const noticed = gone.then(() => ended = true);
  while (!ended) {
    if (await connects(port)) return true;
    await Promise.race([noticed, pause(25)]);
  }
  return false;
}

/** Both ways of asking: some systems let two programs listen when one of them does so on all addresses. */
async function isFree(port: number): Promise<boolean> {
  try {
    Deno.listen({ hostname, port }).close();
  } catch (cause) {
    if (cause instanceof Deno.errors.AddrInUse || cause instanceof Deno.errors.PermissionDenied) return false;
    throw cause;
  }
  return !await connects(port);
}

async function connects(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname, port })).close();
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.ConnectionRefused) return false;
    throw cause;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "functions/_shared/runtime/errors.ts";

const hostname = "127.0.0.1";
/** Long past the start of whatever was given the port. */
const claimedMs = 600_000;

/**
 * A port that nobody listens on at this moment, nor was given by this function in the last minutes, to whatever process. Not
 * one of those that systems give to outgoing connections (from 32768 on): such a one may be taken again before it is used.
 */
export function freePort(): number {
  while (true) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    if (canListen(port) && claim(port)) return port;
  }
}

/** The first of three free ports in a row. */
export function threeFreePorts(): number {
  while (true) {
    const port = freePort();
    if (canListen(port + 1) && canListen(port + 2) && claim(port + 1) && claim(port + 2)) return port;
  }
}

/**
 * Throws `port_busy`, naming every one of these ports that cannot be listened on, unless they are given up within
 * `patienceMs`: a stack that was killed a moment ago is still ending.
 */
export async function assertPortsFree(
  ports: Record<string, number>,
  { patienceMs = 1_000 } = {},
): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  let busy = await busyAmong(ports);
  while (busy.length > 0 && performance.now() < giveUpAt) {
    await pause(50);
    busy = await busyAmong(ports);
  }
  if (busy.length === 0) return;
  const subject = busy.length === 1 ? `Port ${busy[0]} is` : `Ports ${busy.join(", ")} are`;
  throw new AppError(
    "port_busy",
    `${subject} already in use: end what listens there, or set PORT to move all three.`,
  );
}

async function busyAmong(ports: Record<string, number>): Promise<string[]> {
  const free = await Promise.all(Object.values(ports).map(isFree));
  return Object.entries(ports).flatMap(([what, port], index) => free[index] ? [] : [`${port} (${what})`]);
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
  return canListen(port) && !await connects(port);
}

function canListen(port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.AddrInUse || cause instanceof Deno.errors.PermissionDenied) return false;
    throw cause;
  }
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

/** Keeps others from being given the same port before its taker listens there. False: somebody was faster. */
function claim(port: number): boolean {
  const folder = join(tmpdir(), `recado-ports-${Deno.uid() ?? ""}`);
  const file = join(folder, String(port));
  Deno.mkdirSync(folder, { recursive: true });
  try {
    Deno.openSync(file, { write: true, createNew: true }).close();
    return true;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw cause;
  }
  const taken = Deno.statSync(file).mtime?.getTime() ?? 0;
  if (Date.now() - taken < claimedMs) return false;
  Deno.utimeSync(file, new Date(), new Date());
  return true;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

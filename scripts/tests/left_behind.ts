import assert from "node:assert/strict";

/** The running processes that carry this text in their environment, their command or their working folder (Linux). */
export function processesWith(mark: string): { pid: number; command: string }[] {
  return [...Deno.readDirSync("/proc")]
    .filter(({ name }) => /^\d+$/.test(name))
    .flatMap(({ name }) => {
      const command = contents(`/proc/${name}/cmdline`).replaceAll("\0", " ").trim();
      const marked = command.includes(mark) || contents(`/proc/${name}/environ`).includes(mark) ||
        folder(name).includes(mark);
      return marked && !isZombie(name) ? [{ pid: Number(name), command }] : [];
    });
}

/** Waits for the last process that carries the mark to end: a guard of one looks a moment longer. */
export async function assertNothingLeft(mark: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline && processesWith(mark).length > 0) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual(processesWith(mark), []);
}

function isZombie(pid: string): boolean {
  return /^State:\s+Z/m.test(contents(`/proc/${pid}/status`));
}

function contents(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // It ended meanwhile, or is another user's: neither is ours.
    return "";
  }
}

function folder(pid: string): string {
  try {
    return Deno.readLinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}

import { ppid } from "node:process";
import { isRunning, launchOf } from "./ancestors.ts";

const everyMs = 200;

/**
 * Calls `onGone` once when what started us is gone: npx passes neither TERM nor KILL on, and would leave us running with
 * nobody to stop us. Does nothing when we were started by a shell directly. Returns what ends the watch.
 */
export function watchParents(
  onGone: (command: string) => void,
  { startedBy = ppid, underNpx = Deno.env.get("npm_command") === "exec" } = {},
): () => void {
  const { launchers, abandoned } = launchOf(startedBy);
  const timer = setInterval(() => {
    const gone = launchers.find((ancestor) => !isRunning(ancestor))?.command;
    if (gone === undefined && !(underNpx && abandoned)) return;
    clearInterval(timer);
    onGone(gone ?? "npx");
  }, everyMs);
  return () => clearInterval(timer);
}

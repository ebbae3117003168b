import type { Ingested, Invocation, NextSend } from "./protocol.ts";
import type { World } from "./world.ts";

/** What an invocation still has to do when its part in the play is over. */
export type Ending =
  | { then: "nothing" | "crash" | "respond" }
  | { then: "go round"; send?: NextSend | undefined };

export interface Prepared {
  world: World;
  /** An invocation that does not pause, for setting the scene. */
  free(webhook: string): Invocation;
}

/** Invocations that meet on one session. */
export interface Scenario {
  name: string;
  overlap?: "append" | "supersede";
  /** Orders that nobody can tell apart are played too. */
  everyOrder?: boolean;
  setUp(prepared: Prepared): Promise<void>;
  actors: Record<string, (self: Invocation, world: World) => Promise<Ending>>;
}

export const nothing: Ending = { then: "nothing" };
export const crash: Ending = { then: "crash" };

export function afterIngest({ outcome, lock_owner }: Ingested): Ending {
  return outcome === "accepted" && lock_owner === null ? { then: "respond" } : nothing;
}

export function afterRelease(released: boolean): Ending {
  return released ? nothing : { then: "go round" };
}

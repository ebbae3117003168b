import type { Grain } from "./actor.ts";
import type { Ingested, Invocation, NextSend } from "./protocol.ts";
import type { World } from "./world.ts";

/** What an invocation still has to do when its part in the play is over. */
export type Ending =
  | { then: "nothing" | "leave it to the sweep" | "respond" }
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
  /**
   * `every order` of all statements, even those that nobody can tell apart; one of each class of orders of the
   * `statements`; or, by default, only of what comes before the session is `locks`ed, of the locks and of the commits.
   */
  grain?: Grain | "every order";
  setUp(prepared: Prepared): Promise<void>;
  actors: Record<string, (self: Invocation, world: World) => Promise<Ending>>;
}

export const nothing: Ending = { then: "nothing" };
export const leave: Ending = { then: "leave it to the sweep" };

export function afterIngest({ outcome, lock_owner }: Ingested): Ending {
  return outcome === "accepted" && lock_owner === null ? { then: "respond" } : nothing;
}

export function afterRelease(released: boolean): Ending {
  return released ? nothing : { then: "go round" };
}

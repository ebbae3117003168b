import type { Prepared } from "./scenario.ts";

/** How things stand when the play begins. */
export type Beginning = (prepared: Prepared) => Promise<void>;

/** Nothing was ever said. */
export const untouched: Beginning = () => Promise.resolve();

/** The first message waits, and whoever brought it has not begun to respond. */
export const waiting: Beginning = async ({ world, free }) => {
  const { session_id } = await free("first").ingest(world.freshSid());
  world.session = session_id;
};

/** `old` has the lease, the message waits. */
export const acquired: Beginning = async (prepared) => {
  await waiting(prepared);
  await prepared.free("old").acquire();
};

/** `old` has claimed the message. */
export const claimed: Beginning = async (prepared) => {
  await acquired(prepared);
  const { batch_id = "" } = await prepared.free("old").claim();
  prepared.world.batch = batch_id;
};

/** `old` has answered, and posted the first part of the reply. */
export const begun: Beginning = async (prepared) => {
  await claimed(prepared);
  const { send } = await prepared.free("old").complete(prepared.world.batch);
  prepared.world.send = send?.message;
};

/** `old` has answered, but never heard that it is done: nothing was posted. */
export const unheard: Beginning = async (prepared) => {
  await claimed(prepared);
  await prepared.free("old").complete(prepared.world.batch, { heard: false });
};

/** `old` has answered and sent all, and is about to release. */
export const drained: Beginning = async (prepared) => {
  await begun(prepared);
  const old = prepared.free("old");
  for (let message = prepared.world.send; message;) message = (await old.record(message, "accepted")).message;
};

/** The same, and then the lease ran out. */
export function expired(scene: Beginning): Beginning {
  return async (prepared) => {
    await scene(prepared);
    await prepared.free("old").outliveLease();
  };
}

/** The same, and then the lease and the grace of what was being sent ran out. */
export function pastGrace(scene: Beginning): Beginning {
  return async (prepared) => {
    await scene(prepared);
    await prepared.free("old").outliveGrace();
  };
}

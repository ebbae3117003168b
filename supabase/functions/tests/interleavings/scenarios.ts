import type { Invocation } from "./protocol.ts";
import {
  acquired,
  begun,
  claimed,
  drained,
  expired,
  pastGrace,
  unheard,
  untouched,
  waiting,
} from "./beginnings.ts";
import { afterIngest, afterRelease, type Ending, leave, nothing, type Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

const ingest = async (self: Invocation, world: World): Promise<Ending> => {
  const ingested = await self.ingest(world.freshSid());
  world.session = ingested.session_id;
  return afterIngest(ingested);
};

const acquire = async (self: Invocation): Promise<Ending> =>
  await self.acquire() ? { then: "go round" } : nothing;

const acquireAndClaim = async (self: Invocation): Promise<Ending> => {
  if (!await self.acquire()) return nothing;
  await self.claim();
  return { then: "go round" };
};

const ingestAcquireAndClaim = async (self: Invocation, world: World): Promise<Ending> =>
  (await ingest(self, world)).then === "respond" ? await acquireAndClaim(self) : nothing;

const claim = async (self: Invocation): Promise<Ending> =>
  (await self.claim()).outcome === "lost" ? nothing : { then: "go round" };

const complete = async (self: Invocation, { batch }: World): Promise<Ending> => {
  const { outcome, send } = await self.complete(batch);
  return outcome === "lost" ? nothing : { then: "go round", send };
};

const release = async (self: Invocation): Promise<Ending> => afterRelease(await self.release(true));

const completeAndRelease = async (self: Invocation, world: World): Promise<Ending> => {
  const { outcome, send } = await self.complete(world.batch);
  if (outcome === "lost") return nothing;
  for (let message = send?.message; message;) {
    message = (await self.record(message, "accepted", { inOneStep: true })).message;
  }
  return await release(self);
};

const extend = async (self: Invocation): Promise<Ending> =>
  await self.extend() ? { then: "go round" } : nothing;

const sweep = async (self: Invocation): Promise<Ending> =>
  await self.isStalled() ? await acquire(self) : nothing;

const handBack = async (self: Invocation): Promise<Ending> => await self.handBack() ? leave : nothing;

const fail = async (self: Invocation, { batch }: World): Promise<Ending> =>
  (await self.fail(batch)).outcome === "lost" ? nothing : { then: "go round" };

const time = async (self: Invocation): Promise<Ending> => {
  await self.outliveLease();
  return leave;
};

const recordSend = async (self: Invocation, { send }: World): Promise<Ending> => {
  if (!send) return nothing;
  const next = await self.record(send, "accepted");
  return next.outcome === "lost" ? nothing : { then: "go round", send: next };
};

/** The end of a reply: nothing is claimed after the last send, the release alone tells whether more is to be done. */
const recordAndRelease = async (self: Invocation, world: World): Promise<Ending> => {
  const ending = await recordSend(self, world);
  return ending.then === "go round" && ending.send?.outcome === "none" ? await release(self) : ending;
};

/** Claims, and finds in the outbox what is to be sent first. */
const claimSend = async (self: Invocation): Promise<Ending> => {
  const { outcome, send } = await self.claim();
  return outcome === "lost" ? nothing : { then: "go round", send };
};

const acquireAndClaimSend = async (self: Invocation): Promise<Ending> =>
  await self.acquire() ? await claimSend(self) : nothing;

export const scenarios: Scenario[] = [
  {
    name: "ingest, ingest, acquire, claim",
    setUp: waiting,
    actors: { one: ingest, two: ingestAcquireAndClaim },
  },
  {
    name: "ingest, ingest: a session begins",
    grain: "statements",
    setUp: untouched,
    actors: { one: ingest, two: ingest },
  },
  {
    name: "ingest, release",
    grain: "every order",
    setUp: drained,
    actors: { webhook: ingest, old: release },
  },
  {
    name: "ingest, acquire, claim",
    grain: "statements",
    setUp: waiting,
    actors: { webhook: ingest, first: acquireAndClaim },
  },
  { name: "ingest, claim", grain: "every order", setUp: acquired, actors: { webhook: ingest, old: claim } },
  { name: "ingest, ingest, claim", setUp: acquired, actors: { one: ingest, two: ingest, old: claim } },
  {
    name: "ingest, complete, release",
    grain: "statements",
    setUp: claimed,
    actors: { webhook: ingest, old: completeAndRelease },
  },
  {
    name: "ingest, complete or supersede, release",
    setUp: claimed,
    overlap: "supersede",
    actors: { webhook: ingest, old: completeAndRelease },
  },
  {
    name: "ingest, hand back",
    grain: "statements",
    setUp: claimed,
    actors: { webhook: ingest, old: handBack },
  },
  { name: "ingest, fail", grain: "statements", setUp: claimed, actors: { webhook: ingest, old: fail } },
  { name: "acquire, acquire", grain: "every order", setUp: waiting, actors: { one: acquire, two: acquire } },
  {
    name: "complete, steal",
    grain: "every order",
    setUp: expired(claimed),
    actors: { old: complete, thief: acquire },
  },
  {
    name: "complete, steal, claim",
    grain: "statements",
    setUp: expired(claimed),
    actors: { old: complete, thief: acquireAndClaim },
  },
  {
    name: "complete, release, steal",
    setUp: expired(claimed),
    actors: { old: completeAndRelease, thief: acquireAndClaim },
  },
  {
    name: "claim, steal",
    grain: "every order",
    setUp: expired(acquired),
    actors: { old: claim, thief: acquire },
  },
  {
    name: "claim, steal, claim",
    grain: "statements",
    setUp: expired(acquired),
    actors: { old: claim, thief: acquireAndClaim },
  },
  {
    name: "fail, steal",
    grain: "statements",
    setUp: expired(claimed),
    actors: { old: fail, thief: acquireAndClaim },
  },
  {
    name: "hand back, steal",
    grain: "statements",
    setUp: expired(claimed),
    actors: { old: handBack, thief: acquireAndClaim },
  },
  {
    name: "release, steal",
    grain: "every order",
    setUp: expired(drained),
    actors: { old: release, thief: acquire },
  },
  {
    name: "extend, steal",
    grain: "every order",
    setUp: expired(claimed),
    actors: { old: extend, thief: acquire },
  },
  { name: "extend, steal, time", setUp: claimed, actors: { old: extend, thief: acquire, time } },
  { name: "ingest, steal, time", setUp: claimed, actors: { webhook: ingest, thief: acquire, time } },
  {
    name: "a crash after the claim, two thieves",
    setUp: expired(claimed),
    actors: { one: acquireAndClaim, two: acquireAndClaim },
  },
  {
    name: "ingest, complete, release, sweep",
    setUp: claimed,
    actors: { webhook: ingest, old: completeAndRelease, tick: sweep },
  },
  {
    name: "ingest, complete after the lease, sweep",
    setUp: expired(claimed),
    actors: { webhook: ingest, old: complete, tick: sweep },
  },
  {
    name: "sweep, sweep",
    grain: "statements",
    setUp: expired(claimed),
    actors: { one: sweep, two: sweep },
  },
  {
    name: "record send, steal",
    setUp: expired(begun),
    actors: { old: recordSend, thief: acquireAndClaimSend },
  },
  {
    name: "record send, steal after the grace",
    setUp: pastGrace(begun),
    actors: { old: recordSend, thief: acquireAndClaimSend },
  },
  {
    name: "claim a send again, steal",
    grain: "statements",
    setUp: expired(unheard),
    actors: { old: claimSend, thief: acquireAndClaimSend },
  },
  {
    name: "ingest, record the last send, release",
    grain: "statements",
    setUp: begun,
    actors: { webhook: ingest, old: recordAndRelease },
  },
];

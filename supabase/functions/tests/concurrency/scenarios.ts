import type { Invocation } from "./protocol.ts";
import { acquired, begun, claimed, drained, expired, pastGrace, untouched, waiting } from "./scenes.ts";
import { afterIngest, afterRelease, crash, type Ending, nothing, type Scenario } from "./scenario.ts";
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

const claim = async (self: Invocation): Promise<Ending> =>
  (await self.claim()).outcome === "lost" ? nothing : { then: "go round" };

const complete = async (self: Invocation, { batch }: World): Promise<Ending> => {
  const { outcome, send } = await self.complete(batch);
  return outcome === "lost" ? nothing : { then: "go round", send };
};

const completeAndRelease = async (self: Invocation, world: World): Promise<Ending> => {
  const { outcome, send } = await self.complete(world.batch);
  if (outcome === "lost") return nothing;
  // Its sends are done at the end: what matters here is that the lease may go at once.
  return await self.release(true) ? nothing : { then: "go round", send };
};

const release = async (self: Invocation): Promise<Ending> => afterRelease(await self.release(true));

const extend = async (self: Invocation): Promise<Ending> => await self.extend() ? { then: "go round" } : nothing;

const sweep = async (self: Invocation): Promise<Ending> => await self.isStalled() ? await acquire(self) : nothing;

const handBack = async (self: Invocation): Promise<Ending> => {
  await self.handBack();
  return nothing;
};

const fail = async (self: Invocation, { batch }: World): Promise<Ending> =>
  (await self.fail(batch)).outcome === "lost" ? nothing : { then: "go round" };

const time = async (self: Invocation): Promise<Ending> => {
  await self.outliveLease();
  return nothing;
};

const recordSend = async (self: Invocation, { send }: World): Promise<Ending> => {
  if (!send) return nothing;
  const next = await self.record(send, "accepted");
  return next.outcome === "lost" ? nothing : { then: "go round", send: next };
};

const beginSend = async (self: Invocation): Promise<Ending> => {
  const next = await self.begin();
  return next.outcome === "lost" ? nothing : { then: "go round", send: next };
};

const acquireAndBeginSend = async (self: Invocation): Promise<Ending> =>
  await self.acquire() ? await beginSend(self) : nothing;

export const scenarios: Scenario[] = [
  { name: "ingest, ingest: a session begins", setUp: untouched, actors: { one: ingest, two: ingest } },
  { name: "ingest, release", setUp: drained, actors: { webhook: ingest, old: release }, everyOrder: true },
  { name: "ingest, acquire, claim", setUp: waiting, actors: { webhook: ingest, first: acquireAndClaim } },
  { name: "ingest, ingest, claim", setUp: acquired, actors: { one: ingest, two: ingest, old: claim } },
  { name: "ingest, claim", setUp: acquired, actors: { webhook: ingest, old: claim }, everyOrder: true },
  {
    name: "ingest, complete, release",
    setUp: claimed,
    actors: { webhook: ingest, old: completeAndRelease },
  },
  {
    name: "ingest, complete or supersede, release",
    setUp: claimed,
    overlap: "supersede",
    actors: { webhook: ingest, old: completeAndRelease },
  },
  { name: "ingest, hand back", setUp: claimed, actors: { webhook: ingest, old: handBack } },
  { name: "ingest, fail", setUp: claimed, actors: { webhook: ingest, old: fail } },
  { name: "acquire, acquire", setUp: waiting, actors: { one: acquireAndClaim, two: acquireAndClaim } },
  { name: "complete, steal", setUp: expired(claimed), actors: { old: complete, thief: acquireAndClaim } },
  { name: "complete, release, steal", setUp: expired(claimed), actors: { old: completeAndRelease, thief: acquire } },
  { name: "claim, steal", setUp: expired(acquired), actors: { old: claim, thief: acquireAndClaim } },
  { name: "fail, steal", setUp: expired(claimed), actors: { old: fail, thief: acquireAndClaim } },
  { name: "hand back, steal", setUp: expired(claimed), actors: { old: handBack, thief: acquireAndClaim } },
  { name: "release, steal", setUp: expired(drained), actors: { old: release, thief: acquire } },
  { name: "extend, steal", setUp: expired(claimed), actors: { old: extend, thief: acquire } },
  { name: "extend, steal, time", setUp: claimed, actors: { old: extend, thief: acquire, time } },
  { name: "ingest, steal, time", setUp: claimed, actors: { webhook: ingest, thief: acquire, time } },
  {
    name: "a crash after the claim, two thieves",
    setUp: expired(claimed),
    actors: { one: acquireAndClaim, two: acquireAndClaim },
  },
  { name: "ingest, sweep, complete, release", setUp: claimed, actors: { webhook: ingest, old: completeAndRelease, tick: sweep } },
  { name: "ingest, sweep, complete of an expired holder", setUp: expired(claimed), actors: { webhook: ingest, old: complete, tick: sweep } },
  { name: "sweep, sweep, ingest", setUp: expired(claimed), actors: { one: sweep, two: sweep, webhook: ingest } },
  { name: "record send, steal", setUp: expired(begun), actors: { old: recordSend, thief: acquireAndBeginSend } },
  { name: "record send, steal after the grace", setUp: pastGrace(begun), actors: { old: recordSend, thief: acquireAndBeginSend } },
  { name: "begin send, steal", setUp: expired(begun), actors: { old: beginSend, thief: acquireAndBeginSend } },
];
void crash;

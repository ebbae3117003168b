import { duration } from "./words.ts";

export const stageNames = ["lock", "wait", "batch", "model", "reply", "release"] as const;
export type StageName = (typeof stageNames)[number];

export interface Stage {
  state: "idle" | "active" | "done" | "failed";
  note: string;
  at: string | null;
  /** How long it will take, where that is known. */
  lastsMs?: number;
}

/** What of a round its holder's log lines change. */
export interface Progress {
  startedAt: string;
  endedAt: string | null;
  stages: Record<StageName, Stage>;
  messageCount: number;
  /** The replies that were accepted, by which their delivery is recognised. */
  replySids: string[];
}

export interface Step {
  event: string;
  at: string;
  text: (name: string) => string | null;
  number: (name: string) => number | null;
}

/** Takes a log line of the holder in; other events change nothing. */
export function advance(round: Progress, { event, at, text, number }: Step): void {
  const set = (name: StageName, state: Stage["state"], note: string) => {
    round.stages[name] = { state, note, at };
  };
  const since = (name: StageName) => {
    const from = round.stages[name].at ?? round.startedAt;
    return Date.parse(at) - Date.parse(from);
  };
  switch (event) {
    case "batch.waiting": {
      const lastsMs = number("wait_ms") ?? 0;
      const note = `${duration(lastsMs)} more`;
      return void (round.stages.wait = { state: "active", note, at, lastsMs });
    }
    case "batch.claimed": {
      set(
        "wait",
        "done",
        duration(since(round.stages.release.at === null && round.messageCount > 0 ? "reply" : "lock")),
      );
      round.messageCount += number("message_count") ?? 0;
      const attempt = number("attempt") ?? 1;
      const count = `${round.messageCount} ${round.messageCount === 1 ? "message" : "messages"}`;
      return set("batch", "done", attempt > 1 ? `${count}, try ${attempt}` : count);
    }
    case "model.called":
      set("reply", "idle", "");
      return set("model", "active", "thinking…");
    case "model.answered": {
      const tokens = (number("prompt_tokens") ?? 0) + (number("completion_tokens") ?? 0);
      const took = duration(number("latency_ms") ?? since("model"));
      return set("model", "done", tokens > 0 ? `${took}, ${tokens} tokens` : took);
    }
    case "model.failed":
      return set("model", "failed", text("failure") ?? "failed");
    case "batch.superseded":
      return set("model", "failed", "superseded");
    case "batch.retrying":
      return set("batch", "failed", "will be tried again");
    case "batch.dead_lettered":
      return set("batch", "failed", "dead letter");
    case "batch.completed":
    case "send.begun":
      return set("reply", "active", "sending…");
    case "send.accepted":
    case "send.settled": {
      const sid = text("message_sid");
      if (sid !== null) round.replySids.push(sid);
      return set("reply", "done", "accepted");
    }
    case "send.postponed":
    case "send.unknown":
    case "send.failed":
    case "send.canceled":
    case "send.doubled":
      return set("reply", "failed", event.slice("send.".length));
    case "batch_lock.released":
      round.endedAt = at;
      return set("release", "done", `after ${duration(Date.parse(at) - Date.parse(round.startedAt))}`);
    case "batch_lock.lost":
      round.endedAt = at;
      return set("release", "failed", "lost");
  }
}

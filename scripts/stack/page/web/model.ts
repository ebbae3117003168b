import type { PageCustomer, PageLogLine, PageMessage, PageState, PageUpdate, StackHealth } from "../wire.ts";
import { composing, emptyRounds, type Rounds, takeLine } from "./rounds.ts";

/** All that the page knows; the views only read it. */
export interface Model {
  customers: PageCustomer[];
  messages: Map<string, PageMessage>;
  /** MessageSids that a batch took in. */
  taken: Set<string>;
  acks: Map<string, { status: number | null; tookMs: number }>;
  log: PageLogLine[];
  rounds: Rounds;
  health: StackHealth | null;
  simulated: boolean;
  selected: string;
  everyone: boolean;
}

export function emptyModel(selected: string): Model {
  return {
    customers: [],
    messages: new Map(),
    taken: new Set(),
    acks: new Map(),
    log: [],
    rounds: emptyRounds(),
    health: null,
    simulated: true,
    selected,
    everyone: false,
  };
}

const keptLines = 400;

/** A fresh start with what the server knows, keeping what the viewer chose. */
export function loadState(model: Model, state: PageState): void {
  const { selected, everyone } = model;
  Object.assign(model, emptyModel(selected), { everyone });
  Object.assign(model, { customers: state.customers, health: state.health, simulated: state.simulated });
  for (const message of state.messages) keepMessage(model, message);
  for (const line of state.log) keepLine(model, line);
  if (!model.customers.some(({ address }) => address === selected)) {
    model.selected = model.customers[0]?.address ?? "";
  }
}

export function takeUpdate(model: Model, update: PageUpdate): void {
  switch (update.kind) {
    case "message":
      return keepMessage(model, update.message);
    case "customer":
      if (!model.customers.some(({ address }) => address === update.customer.address)) {
        model.customers.push(update.customer);
      }
      return;
    case "webhook":
      // Of duplicates, the first answer is the message's own.
      if (!model.acks.has(update.messageSid)) model.acks.set(update.messageSid, update);
      return;
    case "log":
      return keepLine(model, update.line);
    case "health":
      model.health = update.health;
  }
}

export function selectedCustomer(model: Model): PageCustomer | null {
  return model.customers.find(({ address }) => address === model.selected) ?? null;
}

export function messagesOf(model: Model, customer: string): PageMessage[] {
  return [...model.messages.values()].filter((message) => message.customer === customer);
}

export function isComposing(model: Model, customer: string): boolean {
  return model.rounds.list.some((round) => round.customer === customer && composing(round));
}

export function concerns(model: Model, customer: string | null): boolean {
  return model.everyone || customer === model.selected;
}

function keepMessage(model: Model, message: PageMessage): void {
  model.messages.set(message.sid, message);
  if (message.author === "business") takeAll(model, message.customer);
}

function keepLine(model: Model, line: PageLogLine): void {
  if (line.id <= (model.log.at(-1)?.id ?? 0)) return;
  model.log.push(line);
  if (model.log.length > keptLines) model.log.shift();
  takeLine(model.rounds, line);
  if (line.line.event === "batch.claimed" && line.customer !== null) takeAll(model, line.customer);
}

/** A batch takes in everything that was acknowledged until then. */
function takeAll(model: Model, customer: string): void {
  for (const { sid, author, answered } of messagesOf(model, customer)) {
    if (author === "customer" && answered === 200) model.taken.add(sid);
  }
}

import type { StackEvent } from "../events/stack_events.ts";

/** What the page's server and the browser tell each other. */
export interface PageCustomer {
  address: string;
  name: string;
  language: "pt" | "en" | "es";
}

export interface PageMessage {
  sid: string;
  /** The customer's address, whoever wrote. */
  customer: string;
  author: "customer" | "business";
  body: string;
  at: string;
  /** Twilio's status; `received` for what the customer wrote. */
  status: string;
  errorCode: number | null;
  /** How the customer's webhook was answered so far. */
  answered: number | "failed" | null;
  media: { contentType: string; url: string }[];
  location: { latitude: string; longitude: string; label: string | null } | null;
  button: boolean;
}

/** A log line with the customer it is about, where that is known. */
export interface PageLogLine {
  id: number;
  customer: string | null;
  line: StackEvent;
}

export interface StackHealth {
  ready: boolean;
  pids?: Record<string, number | number[] | null>;
}

export interface PageState {
  sender: string;
  /** False: a real Twilio is configured, so nothing can be sent from here. */
  simulated: boolean;
  customers: PageCustomer[];
  messages: PageMessage[];
  log: PageLogLine[];
  health: StackHealth;
}

export type PageUpdate =
  | { kind: "message"; message: PageMessage }
  | { kind: "customer"; customer: PageCustomer }
  | { kind: "webhook"; customer: string; messageSid: string; status: number | null; tookMs: number }
  | { kind: "log"; line: PageLogLine }
  | { kind: "health"; health: StackHealth };

export type PageCommand =
  | { kind: "text"; customer: string; body: string }
  | { kind: "burst"; customer: string }
  | { kind: "photo"; customer: string; body: string }
  | { kind: "location"; customer: string }
  | { kind: "button"; customer: string }
  | { kind: "duplicate"; customer: string; times: number };

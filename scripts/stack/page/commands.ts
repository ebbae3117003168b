import { setTimeout as pause } from "node:timers/promises";
import type { TwilioSimulator } from "../twilio/simulator.ts";
import { bursts, places, quickReplies } from "./customers.ts";
import type { PageCommand, PageCustomer } from "./wire.ts";

/** Six webhooks within a second, each sent without waiting for the answer to the one before. */
export const burstSpacingMs = 150;

/** Does what the page asks for; resolves once the webhooks are under way. */
export async function carryOut(command: PageCommand, customer: PageCustomer, simulator: TwilioSimulator) {
  const from = { from: customer.address, profileName: customer.name };
  switch (command.kind) {
    case "text":
      return void simulator.send({ ...from, body: command.body });
    case "photo": {
      const base64 = new Uint8Array(await Deno.readFile(new URL("./web/photo.jpg", import.meta.url)))
        .toBase64();
      return void simulator.send({
        ...from,
        body: command.body,
        media: [{ contentType: "image/jpeg", base64 }],
      });
    }
    case "location":
      return void simulator.send({ ...from, location: places[customer.language] });
    case "button":
      return void simulator.send({ ...from, button: quickReplies[customer.language] });
    case "burst":
      for (const body of bursts[customer.language]) {
        void simulator.send({ ...from, body });
        await pause(burstSpacingMs);
      }
      return;
    case "duplicate": {
      const last = simulator.history().findLast((message) =>
        message.direction === "inbound" && message.from === customer.address
      );
      const params = last === undefined ? null : simulator.paramsOf(last.sid);
      if (params !== null) void simulator.deliver(params, { times: command.times });
      return;
    }
  }
}

/** Null: not a command the page sends. */
export function readCommand(body: unknown): PageCommand | null {
  if (typeof body !== "object" || body === null || !("kind" in body) || !("customer" in body)) return null;
  const { kind, customer } = body;
  if (typeof customer !== "string") return null;
  const text = "body" in body && typeof body.body === "string" ? body.body.slice(0, 4096) : "";
  switch (kind) {
    case "text":
      return text.trim() === "" ? null : { kind, customer, body: text };
    case "photo":
      return { kind, customer, body: text };
    case "burst":
    case "location":
    case "button":
      return { kind, customer };
    case "duplicate": {
      const times = "times" in body && typeof body.times === "number" ? body.times : 1;
      return { kind, customer, times: Math.min(Math.max(Math.floor(times), 1), 100) };
    }
    default:
      return null;
  }
}

/// <reference lib="dom" />
import type { PageCommand, PageState, PageUpdate } from "../wire.ts";
import { drawChat } from "./chat_view.ts";
import { startComposer } from "./composer.ts";
import { drawCustomers } from "./customers_view.ts";
import { byId, oncePerFrame } from "./dom.ts";
import { drawCounters, drawRounds } from "./live_view.ts";
import { drawLog } from "./log_view.ts";
import { emptyModel, loadState, takeUpdate } from "./model.ts";
import { startChrome } from "./chrome.ts";

const remembered = "recado.customer";
const model = emptyModel(localStorage.getItem(remembered) ?? "");
const chrome = startChrome(model, () => draw());
const composer = startComposer(model, (command) => void post(command));
let presence: EventSource | null = null;

const draw = oncePerFrame(() => {
  drawCustomers(model, select);
  drawChat(model);
  drawCounters(model);
  drawRounds(model);
  drawLog(model);
  composer.redraw();
  chrome.redraw();
});

function select(address: string): void {
  model.selected = address;
  localStorage.setItem(remembered, address);
  openChat();
  draw();
  byId("body").focus();
}

/** While this page shows the chat, what is delivered in it counts as read. */
function openChat(): void {
  presence?.close();
  presence = document.hidden || model.selected === ""
    ? null
    : new EventSource(`/api/presence?customer=${encodeURIComponent(model.selected)}`);
}

async function post(command: PageCommand): Promise<void> {
  const response = await fetch("/api/command", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(command),
  });
  if (!response.ok) chrome.say(`The page's server answered ${response.status}`);
}

/** Updates that come while the state is being fetched wait for it. */
let early: PageUpdate[] | null = [];

async function reload(): Promise<void> {
  early = [];
  const state: PageState = await (await fetch("/api/state")).json();
  loadState(model, state);
  for (const update of early) takeUpdate(model, update);
  early = null;
  openChat();
  draw();
}

const live = new EventSource("/api/live");
live.addEventListener("open", () => void reload());
live.addEventListener("error", () => chrome.say("Connection lost, trying again…"));
live.addEventListener("message", ({ data }) => {
  const update: PageUpdate = JSON.parse(data);
  if (early !== null) return void early.push(update);
  takeUpdate(model, update);
  draw();
});
document.addEventListener("visibilitychange", openChat);
// A keyboard that slides in, or a turned phone, must not hide the newest message.
new ResizeObserver(([chat]) => chat?.target.scrollTo(0, chat.target.scrollHeight)).observe(byId("chat"));
// "Typing" and leases end by the clock alone.
setInterval(draw, 5_000);

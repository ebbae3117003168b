/// <reference lib="dom" />
import type { PageCommand } from "../wire.ts";
import { byId, h } from "./dom.ts";
import { type Model, selectedCustomer } from "./model.ts";
import { photoCaptions, words } from "./words.ts";

const emoji = [..."😀😂😊😍😘🤔😅😭🙏👍👏👋💪❤💚🔥🎉✨🎁🎂🍰🥖🥐🍞🍓🍫☕💰💳⏰📍🚚"];

/** The field, its trays, and the buttons beside the phone. */
export function startComposer(model: Model, send: (command: PageCommand) => void): { redraw(): void } {
  const field = byId("body");
  if (!(field instanceof HTMLInputElement)) throw new Error("#body is not an input");
  const trays = [
    { button: byId("emoji"), tray: byId("emoji-tray") },
    { button: byId("attach"), tray: byId("attach-tray") },
  ];
  const show = (wanted: HTMLElement | null) => {
    for (const { button, tray } of trays) {
      tray.hidden = tray !== wanted || !tray.hidden;
      button.setAttribute("aria-expanded", String(!tray.hidden));
    }
  };
  for (const { button, tray } of trays) button.addEventListener("click", () => show(tray));
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") show(null);
  });

  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    const body = field.value;
    if (body.trim() === "") return;
    field.value = "";
    show(null);
    send({ kind: "text", customer: model.selected, body });
  });

  byId("emoji-tray").append(...emoji.map((character) => {
    const button = h("button", { type: "button", "aria-label": character }, character);
    button.addEventListener("click", () => {
      field.setRangeText(character, field.selectionStart ?? 0, field.selectionEnd ?? 0, "end");
      field.focus();
    });
    return button;
  }));

  const attachments: Record<string, () => PageCommand> = {
    photo: () => {
      const language = selectedCustomer(model)?.language ?? "en";
      return { kind: "photo", customer: model.selected, body: field.value || photoCaptions[language] };
    },
    location: () => ({ kind: "location", customer: model.selected }),
    button: () => ({ kind: "button", customer: model.selected }),
  };
  for (const [name, command] of Object.entries(attachments)) {
    document.querySelector(`[data-send="${name}"]`)?.addEventListener("click", () => {
      show(null);
      send(command());
      if (name === "photo") field.value = "";
      field.focus();
    });
  }
  byId("burst").addEventListener("click", () => send({ kind: "burst", customer: model.selected }));
  byId("duplicate").addEventListener(
    "click",
    () => send({ kind: "duplicate", customer: model.selected, times: 20 }),
  );

  const locked = [...document.querySelectorAll("#composer button, #composer input, .try, [data-send]")];
  return {
    redraw() {
      const customer = selectedCustomer(model);
      field.placeholder = model.simulated
        ? words[customer?.language ?? "en"].placeholder
        : "Write from your own WhatsApp: Twilio is real here";
      for (const element of locked) element.toggleAttribute("disabled", !model.simulated);
    },
  };
}

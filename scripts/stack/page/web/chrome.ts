/// <reference lib="dom" />
import { byId } from "./dom.ts";
import type { Model } from "./model.ts";

const remembered = "recado.theme";

/** What is around the chat: theme, tabs, whose events, and whether the stack is well. */
export function startChrome(model: Model, redraw: () => void): { redraw(): void; say(text: string): void } {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = byId("theme");
  const isDark = () => (root.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const wear = (name: string | null) => {
    if (name === "dark" || name === "light") root.dataset.theme = name;
    theme.textContent = isDark() ? "☀️" : "🌙";
  };
  wear(localStorage.getItem(remembered));
  dark.addEventListener("change", () => wear(null));
  theme.addEventListener("click", () => {
    const name = isDark() ? "light" : "dark";
    localStorage.setItem(remembered, name);
    wear(name);
  });

  for (const tab of document.querySelectorAll<HTMLElement>("[role=tab]")) {
    tab.addEventListener("click", () => {
      for (const each of document.querySelectorAll("[role=tab]")) {
        each.setAttribute("aria-selected", String(each === tab));
      }
      byId("stage").dataset.tab = tab.id.replace("tab-", "");
    });
  }

  for (const choice of document.querySelectorAll<HTMLInputElement>("input[name=whose]")) {
    choice.addEventListener("change", () => {
      model.everyone = choice.checked && choice.value === "all";
      redraw();
    });
  }

  const health = byId("health");
  const tell = (ready: string, text: string) => {
    health.dataset.ready = ready;
    if (health.textContent !== text) health.textContent = text;
  };
  return {
    say: (text) => tell("unknown", text),
    redraw() {
      if (model.health === null) return;
      const parts = Object.values(model.health.pids ?? {}).flat().filter((pid) => pid !== null).length;
      const processes = parts > 0 ? `, ${parts} processes` : "";
      tell(
        String(model.health.ready),
        model.health.ready ? `All parts up${processes}` : "Some parts are starting…",
      );
    },
  };
}

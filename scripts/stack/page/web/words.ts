import type { PageCustomer, PageMessage } from "../wire.ts";

type Language = PageCustomer["language"];

export const words: Record<
  Language,
  { typing: string; placeholder: string; photo: string; place: string; today: string }
> = {
  pt: { typing: "digitando…", placeholder: "Mensagem", photo: "Foto", place: "Localização", today: "Hoje" },
  en: { typing: "typing…", placeholder: "Message", photo: "Photo", place: "Location", today: "Today" },
  es: { typing: "escribiendo…", placeholder: "Mensaje", photo: "Foto", place: "Ubicación", today: "Hoy" },
};

export const photoCaptions: Record<Language, string> = {
  pt: "dá pra fazer parecido com esse?",
  en: "could you make one like this?",
  es: "¿pueden hacer una así?",
};

export function clock(iso: string): string {
  const at = new Date(iso);
  return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}

export function clockWithMillis(iso: string): string {
  const at = new Date(iso);
  const seconds = String(at.getSeconds()).padStart(2, "0");
  return `${clock(iso)}:${seconds}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

export function initials(name: string): string {
  const letters = name.split(/[\s,]+/).map((word) => [...word][0] ?? "").join("");
  return [...letters].slice(0, 2).join("").toUpperCase();
}

/** One line of it, for the list of customers. */
export function preview(message: PageMessage, language: Language): string {
  if (message.location) return `📍 ${message.location.label ?? words[language].place}`;
  if (message.media.length > 0) return `📷 ${message.body || words[language].photo}`;
  return message.body.replaceAll("\n", " ");
}

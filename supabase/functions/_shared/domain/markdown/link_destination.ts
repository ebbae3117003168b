import { isSameAddress } from "../text/addresses.ts";
import { isBlank } from "../text/characters.ts";
import type { Token } from "./emphasis.ts";

/** What stands between the round brackets of a link, and where they end. */
export interface Destination {
  address: string;
  title: string;
  end: number;
}

/** Reads `(address "title")` whose content begins at `start`; null when it is none. */
export function readDestination(text: string, start: number): Destination | null {
  const from = skipBlanks(text, start);
  const addressEnds = endOfAddress(text, from);
  const address = text.slice(from, addressEnds);
  let at = skipBlanks(text, addressEnds);
  let title = "";
  const quote = text.charAt(at);
  if (quote === '"' || quote === "'") {
    const begins = ++at;
    while (at < text.length && text[at] !== quote && !/[[\]\n]/.test(text.charAt(at))) at++;
    title = text.slice(begins, at).trim();
    at = skipBlanks(text, at + 1);
  }
  return text[at] === ")" ? { address, title, end: at + 1 } : null;
}

/** Square brackets end the search too, so that many links without an end are not searched again and again. */
function endOfAddress(text: string, from: number): number {
  let depth = 0;
  let at = from;
  for (; at < text.length && !isBlank(text[at]) && !/[[\]<>]/.test(text.charAt(at)); at++) {
    if (text[at] === "(") depth++;
    if (text[at] === ")" && depth-- === 0) break;
  }
  return at;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}

/** What follows the label for a reader, ` (address)`, and whether the label says no more than the address. */
export function writeDestination(
  label: string,
  { destination, source }: { destination: Destination; source: string },
): { withoutLabel: boolean; tokens: Token[] } {
  const { address, title, end } = destination;
  const shown = withoutScheme(address);
  const withoutLabel = shown !== "" && (label.trim() === "" || isSameAddress(label, shown));
  const tokens: Token[] = [];
  const add = (text: string) => text === "" || tokens.push({ kind: "text", text });
  if (shown !== "") {
    if (!withoutLabel) add(" ");
    tokens.push({ kind: "fixed", text: withoutLabel || endsInColon(label) ? shown : `(${shown})` });
    if (!isBlank(source[end]) && !/[.,;:!?)\]}"'”’»*_~|]/.test(source[end] ?? "")) add(" ");
  }
  if (title !== "" && title !== label) add(` (${title})`);
  return { withoutLabel, tokens };
}

/** The address as it is written down; nothing for a place in a page that nobody sees, or for a file as text. */
function withoutScheme(address: string): string {
  if (/^(?:mailto|tel|sms):/i.test(address)) return address.slice(address.indexOf(":") + 1);
  const leadsNowhere = /^(?:data|javascript):/i.test(address) ||
    (address.startsWith("#") && !/\d/.test(address));
  return leadsNowhere ? "" : address;
}

/** `[Site:](address)` needs no brackets. */
function endsInColon(label: string): boolean {
  let end = label.length;
  while (end > 0 && /[\s*_~]/.test(label.charAt(end - 1))) end--;
  return label.charAt(end - 1) === ":";
}

import { isAsciiWord, isBlank } from "./characters.ts";

const endsAddress = /[<>"`|[\]\\”»’\uFDD0-\uFDEF]/;
const notLast = /[.,;:!?'…*_~)]/;

/** Where the run of letters, digits, dots and hyphens that begins at `start` ends. */
export function hostEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && isHostCharacter(text.charAt(end))) end++;
  return end;
}

/** Where the web address that begins at `start` ends; `start` when none begins there. */
export function addressEnd(text: string, start: number): number {
  const host = hostEnd(text, start);
  const name = text.slice(start, host);
  const scheme = text.startsWith("://", host) && /^[A-Za-z][A-Za-z0-9.-]*$/.test(name);
  if (scheme) return pathEnd(text, start, host + 3);
  const bare = /^www\.[^.]/i.test(name) || (text[host] === "/" && !isBlank(text[host + 1]) && isDomain(name));
  return bare ? pathEnd(text, start, host) : start;
}

function isHostCharacter(char: string): boolean {
  return isAsciiWord(char) || char === "." || char === "-";
}

/** `padaria.com.br`, but not `1.50` or `S.A`. */
function isDomain(name: string): boolean {
  const last = name.lastIndexOf(".");
  return last > 0 && /^[A-Za-z]{2,}$/.test(name.slice(last + 1));
}

/** A stop, a mark or a bracket at the end belongs to the sentence, unless the bracket was opened in the address. */
function pathEnd(text: string, start: number, from: number): number {
  let end = from;
  let unclosed = 0;
  for (; end < text.length; end++) {
    const char = text.charAt(end);
    if (isBlank(char) || endsAddress.test(char)) break;
    if (char === "(") unclosed++;
    if (char === ")") unclosed--;
  }
  while (end > from && notLast.test(text.charAt(end - 1))) {
    if (text[end - 1] === ")") {
      if (unclosed >= 0) break;
      unclosed++;
    }
    end--;
  }
  return end > from || !text.startsWith("://", from - 3) ? end : start;
}

/** `https://www.padaria.com.br/` and `padaria.com.br` are one address to a reader. */
export function isSameAddress(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 14) return false;
  return bareAddress(one) === bareAddress(other);
}

function bareAddress(text: string): string {
  return text.trim().toLowerCase().replace(/^(?:https?:\/\/|mailto:|tel:)/, "").replace(/^www\./, "")
    .replace(/\/$/, "");
}

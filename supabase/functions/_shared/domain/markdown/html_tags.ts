import type { Mark } from "../text/whatsapp_marks.ts";

/** Noncharacters, taken out of every reply beforehand: they turn a style on and off where a tag did. */
const switches: [string, Mark, boolean][] = [
  ["\uFDD0", "*", true],
  ["\uFDD1", "*", false],
  ["\uFDD2", "_", true],
  ["\uFDD3", "_", false],
  ["\uFDD4", "~", true],
  ["\uFDD5", "~", false],
];
const switchOf = new Map(switches.map(([char, mark, on]) => [char, { mark, on }]));

/** The style that a character stands for, and whether it begins; undefined for any character of a text. */
export function readSwitch(char: string): { mark: Mark; on: boolean } | undefined {
  return char < "\uFDD0" ? undefined : switchOf.get(char);
}

/** What a tag's beginning and end are in Markdown. */
const meanings: Record<string, [begin: string, end: string]> = {
  ...pairs("b strong", ["\uFDD0", "\uFDD1"]),
  ...pairs("i em cite", ["\uFDD2", "\uFDD3"]),
  ...pairs("s del strike", ["\uFDD4", "\uFDD5"]),
  ...pairs("p div ul ol table tr blockquote section header footer details summary", ["\n", "\n"]),
  ...pairs("h1 h2 h3 h4 h5 h6", ["\n# ", "\n"]),
  ...pairs("td th dt dd option", ["", " "]),
  ...pairs("html head body thead tbody tfoot main article figure figcaption colgroup col dl script", [
    "",
    "",
  ]),
  ...pairs("u ins mark small big span font center code pre kbd tt samp var sup sub abbr button label", [
    "",
    "",
  ]),
  br: ["\n", "\n"],
  hr: ["\n---\n", ""],
  li: ["\n- ", ""],
};

function pairs(names: string, meaning: [string, string]): Record<string, [string, string]> {
  return Object.fromEntries(names.split(" ").map((name) => [name, meaning]));
}

export type Tag =
  | { kind: "text"; text: string }
  | { kind: "link"; href: string }
  | { kind: "end of link" };

/** What stands between `<` and `>`, as what it means; null when it is no tag, as in `<nome>` or `a <b and c> d`. */
export function readTag(inner: string): Tag | null {
  if (/^!(--|doctype)/i.test(inner)) return { kind: "text", text: "" };
  const automatic = readAutolink(inner);
  if (automatic !== null) return { kind: "text", text: automatic };
  const name = /^\/?([a-z][a-z0-9]{0,11})(?![^\s/])/i.exec(inner)?.[1]?.toLowerCase();
  if (name === undefined) return null;
  const ends = inner.startsWith("/");
  const attributes = inner.slice(name.length + (ends ? 1 : 0)).trim();
  if (attributes !== "" && attributes !== "/" && !attributes.includes("=")) return null;
  if (name === "a") return ends ? { kind: "end of link" } : { kind: "link", href: attribute(inner, "href") };
  if (name === "img") {
    return { kind: "text", text: `![${attribute(inner, "alt")}](${attribute(inner, "src")})` };
  }
  const meaning = Object.hasOwn(meanings, name) ? meanings[name] : undefined;
  return meaning === undefined ? null : { kind: "text", text: meaning[ends ? 1 : 0] };
}

function readAutolink(inner: string): string | null {
  if (/\s/.test(inner)) return null;
  if (/^(?:mailto|tel):./i.test(inner)) return inner.slice(inner.indexOf(":") + 1);
  const isAddress = /^[a-z][a-z0-9+.-]{1,31}:\/\/./i.test(inner) || /^www\../i.test(inner) ||
    /^[^@]+@[^@.]+\.[^@]+$/.test(inner);
  return isAddress ? inner : null;
}

function attribute(inner: string, name: string): string {
  const at = inner.toLowerCase().indexOf(`${name}=`);
  if (at < 0) return "";
  const from = at + name.length + 1;
  const quote = inner.charAt(from);
  if (quote === '"' || quote === "'") {
    const end = inner.indexOf(quote, from + 1);
    return inner.slice(from + 1, end < 0 ? inner.length : end);
  }
  return /^\S*/.exec(inner.slice(from))?.[0] ?? "";
}

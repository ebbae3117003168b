/** The names of U+00A0 to U+00FF, in their order. */
const latin1 =
  ("nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 " +
    "sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml " +
    "Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml " +
    "times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil " +
    "egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash " +
    "ugrave uacute ucirc uuml yacute thorn yuml").split(" ");

const others: [string, string][] = [
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["ndash", "–"],
  ["mdash", "—"],
  ["lsquo", "‘"],
  ["rsquo", "’"],
  ["ldquo", "“"],
  ["rdquo", "”"],
  ["bull", "•"],
  ["hellip", "…"],
  ["euro", "€"],
  ["trade", "™"],
  ["larr", "←"],
  ["rarr", "→"],
  ["check", "✓"],
  ["ensp", " "],
  ["emsp", " "],
  ["thinsp", " "],
];

const named = new Map([
  ...latin1.map((name, index): [string, string] => [name, String.fromCodePoint(0xA0 + index)]),
  ...others,
]);

/** The longest name that is looked for, with its `#`. */
export const longestEntity = 8;

/** What stands between `&` and `;`, as the character it names; null when it names none. */
export function readEntity(name: string): string | null {
  const char = name.startsWith("#") ? numbered(name.slice(1)) : named.get(name) ?? null;
  return char === null ? null : shown(char);
}

function numbered(number: string): string | null {
  const hexadecimal = /^[xX][0-9a-fA-F]+$/.test(number);
  if (!hexadecimal && !/^[0-9]+$/.test(number)) return null;
  const code = hexadecimal ? parseInt(number.slice(1), 16) : parseInt(number, 10);
  return code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) ? null : String.fromCodePoint(code);
}

/** A space for what is wide and blank, nothing for what is invisible, and no backtick: it would begin code. */
function shown(char: string): string {
  if (char === "`") return "'";
  if (char.trim() === "") return " ";
  return /[\p{C}\u00AD]/u.test(char) ? "" : char;
}

/**
 * Every spelling of one address that Twilio may have signed: all of them lead to the same function with the same query.
 * `publicUrl` is without a query; `rawQuery` begins with its `?`, or is empty. Another host, path or value is no spelling.
 */
export function spellingsOf(publicUrl: string, rawQuery: string): string[] {
  const addresses = withAndWithoutPort(publicUrl).flatMap(withAndWithoutSlash);
  const queries = escapedAndNot(rawQuery);
  return [...new Set(addresses.flatMap((address) => queries.map((query) => address + query)))];
}

/** Twilio signs some URLs with their port and some without (https://github.com/twilio/twilio-node, `webhooks.ts`). */
function withAndWithoutPort(url: string): string[] {
  const parts = /^(https?):\/\/(\[[^\]]*\]|[^/:?#]*)(:\d+)?(.*)$/is.exec(url);
  if (!parts) return [url];
  const [, scheme = "", host = "", port, rest = ""] = parts;
  const standard = scheme.toLowerCase() === "https" ? ":443" : ":80";
  return [`${scheme}://${host}${rest}`, `${scheme}://${host}${port ?? standard}${rest}`];
}

/** In Twilio's console the address may have been written with a slash at its end: Supabase routes both to one function. */
function withAndWithoutSlash(url: string): string[] {
  return url.endsWith("/") ? [url, url.slice(0, -1)] : [url, `${url}/`];
}

/** What the URL standard escapes in a query. Twilio signs it as it was written (twilio-node's issues 1059 and 1183). */
const escapedByUrl = { "'": "%27", '"': "%22", "<": "%3C", ">": "%3E" };

/** What some clients escape besides, although a query may carry it; twilio-node's pull request 621 names `@` and `:`. */
const escapedBySome = { "!": "%21", "(": "%28", ")": "%29", "*": "%2A", "~": "%7E", "@": "%40", ":": "%3A" };

/** The query as it came, and with those characters escaped or not; no value of it differs. */
function escapedAndNot(rawQuery: string): string[] {
  const all = { ...escapedByUrl, ...escapedBySome };
  return [
    rawQuery,
    ...[escapedByUrl, all].flatMap((characters) => [
      replaced(rawQuery, Object.entries(characters).map(([plain, escaped]) => [escaped, plain])),
      replaced(rawQuery, Object.entries(characters)),
    ]),
  ];
}

function replaced(text: string, pairs: [from: string, to: string][]): string {
  return pairs.reduce(
    (rest, [from, to]) => rest.replaceAll(from, to).replaceAll(from.toLowerCase(), to),
    text,
  );
}

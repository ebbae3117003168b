import { messageJson, type SimulatedMessage } from "./message.ts";

/**
 * One page of messages, newest first. Like Twilio's, a page token pins where the listing began, so that messages accepted
 * between two pages neither repeat nor hide one.
 */
export function listJson(messages: SimulatedMessage[], query: URLSearchParams, accountSid: string) {
  const to = query.get("To");
  const from = query.get("From");
  const fitting = messages.toReversed().filter((message) =>
    (to === null || message.to === to) && (from === null || message.from === from)
  );
  const size = Math.min(Math.max(Number(query.get("PageSize") ?? 50) || 50, 1), 1000);
  const page = Math.max(Number(query.get("Page") ?? 0) || 0, 0);
  const anchor = query.get("PageToken")?.slice(2) ?? fitting[0]?.sid;
  const anchored = Math.max(fitting.findIndex(({ sid }) => sid === anchor), 0);
  const start = page * size;
  const shown = fitting.slice(anchored + start, anchored + start + size);
  const path = `/2010-04-01/Accounts/${accountSid}/Messages.json`;
  const uriOf = (wanted: number) => {
    const parameters = new URLSearchParams(query);
    parameters.set("PageSize", String(size));
    parameters.set("Page", String(wanted));
    if (wanted > 0) parameters.set("PageToken", `PA${anchor}`);
    else parameters.delete("PageToken");
    return `${path}?${parameters}`;
  };
  const more = anchored + start + size < fitting.length;
  return {
    first_page_uri: uriOf(0),
    end: start + Math.max(shown.length - 1, 0),
    previous_page_uri: page > 0 ? uriOf(page - 1) : null,
    messages: shown.map((message) => messageJson(message, accountSid)),
    uri: path + (query.size > 0 ? `?${query}` : ""),
    page_size: size,
    start,
    next_page_uri: more ? uriOf(page + 1) : null,
    page,
  };
}

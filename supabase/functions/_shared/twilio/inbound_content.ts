import type { InboundContent, Media } from "../domain/inbound_content.ts";
import { first, type Params } from "./form.ts";

/** Kinds whose meaning is their text and files. Any other `MessageType` is kept as unknown. */
const plainTypes = new Set(["text", "image", "audio", "voice", "video", "document", "sticker"]);
/** Kinds that say nothing by themselves: their button or list parameters do. */
const replyTypes = new Set(["button", "interactive"]);

/** `body` is what the model reads: the customer's own words, or a short description where there are none. */
export function parseContent(params: Params): InboundContent {
  const body = first(params, "Body") ?? "";
  const media = parseMedia(params);
  const type = first(params, "MessageType")?.toLowerCase() ?? null;

  const place = describePlace(params);
  if (place !== null && (type === null || type === "location")) {
    return { kind: "location", body: place, media: [] };
  }
  const choice = describeChoice(params, body);
  if (choice !== null && (type === null || plainTypes.has(type) || replyTypes.has(type))) {
    return { kind: "button", body: choice, media: [] };
  }
  if (type !== null && !plainTypes.has(type)) {
    const words = body || first(params, "InteractiveData") || "";
    return { kind: "unknown", body: `[${type.slice(0, 40)}] ${words}`.trim(), media };
  }
  return media.length > 0 ? { kind: "media", body, media } : { kind: "text", body, media: [] };
}

/** Every `MediaUrl{N}` there is, in order, whatever `NumMedia` says. */
function parseMedia(params: Params): Media[] {
  return Object.keys(params)
    .map((name) => /^MediaUrl(\d{1,4})$/.exec(name)?.[1])
    .filter((index) => index !== undefined)
    .sort((a, b) => Number(a) - Number(b))
    .flatMap((index) => {
      const url = first(params, `MediaUrl${index}`);
      const contentType = first(params, `MediaContentType${index}`) ?? "application/octet-stream";
      return url === null ? [] : [{ url, contentType }];
    });
}

function describePlace(params: Params): string | null {
  const latitude = first(params, "Latitude");
  const longitude = first(params, "Longitude");
  if (latitude === null || longitude === null) return null;
  const names = [first(params, "Label"), first(params, "Address")].filter((name) => name !== null);
  const point = `(${latitude}, ${longitude})`;
  return `📍 ${names.length > 0 ? `${names.join(", ")} ` : ""}${point}`;
}

/** A tapped quick reply (`Button…`) or list item (`List…`): its visible text, or failing that its id. */
function describeChoice(params: Params, body: string): string | null {
  const text = first(params, "ButtonText") ?? first(params, "ListTitle");
  const id = first(params, "ButtonPayload") ?? first(params, "ListId");
  if (text === null && id === null) return null;
  return text ?? (body || `[button: ${id}]`);
}

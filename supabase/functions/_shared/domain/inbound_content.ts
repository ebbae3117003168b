/** What a customer sent, as far as Recado tells kinds apart. `unknown` is kept whole and shown to the model by name. */
export type InboundContent =
  | { kind: "text"; body: string; media: [] }
  | { kind: "media"; body: string; media: Media[] }
  | { kind: "location"; body: string; media: [] }
  | { kind: "button"; body: string; media: [] }
  | { kind: "unknown"; body: string; media: Media[] };

export type InboundKind = InboundContent["kind"];

/** A file at Twilio, fetched with the account's credentials. */
export type Media = {
  url: string;
  contentType: string;
};

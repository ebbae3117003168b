import assert from "node:assert/strict";
import { parseInbound } from "./inbound.ts";
import type { Params } from "./form.ts";

const hex = "0123456789abcdef0123456789abcdef";
const base = {
  MessageSid: `SM${hex}`,
  AccountSid: `AC${hex}`,
  From: "whatsapp:+5511987654321",
  To: "whatsapp:+14155238886",
  NumMedia: "0",
  Body: "",
};
const parse = (params: Params) => parseInbound({ ...base, ...params });
const content = (params: Params) => parse(params).content;

Deno.test("parseInbound() reads a text with all that is known of it", () => {
  const params = { ...base, Body: "Olá 👋", MessageType: "text", ProfileName: "Zoë", WaId: "5511987654321" };
  assert.deepEqual(parseInbound(params), {
    messageSid: base.MessageSid,
    accountSid: base.AccountSid,
    from: base.From,
    to: base.To,
    content: { kind: "text", body: "Olá 👋", media: [] },
    params,
  });
});

Deno.test("parseInbound() takes an address that is no phone number like any other", () => {
  assert.equal(parse({ From: "whatsapp:US.13491208655302741918" }).from, "whatsapp:US.13491208655302741918");
});

Deno.test("parseInbound() names what is missing or malformed by code", () => {
  const cases: [Params, string][] = [
    [{ MessageSid: "" }, "missing_message_sid"],
    [{ MessageSid: "SM123" }, "malformed_message_sid"],
    [{ MessageSid: [`SM${hex}`, `MM${hex}`] }, "malformed_message_sid"],
    [{ AccountSid: "" }, "missing_account_sid"],
    [{ AccountSid: `XX${hex}` }, "malformed_account_sid"],
    [{ From: "" }, "missing_from"],
    [{ From: "whatsapp: 5511987654321" }, "malformed_from"],
    [{ To: "\0" }, "missing_to"],
  ];
  for (const [params, code] of cases) assert.throws(() => parse(params), { name: "AppError", code });
});

Deno.test("parseInbound() keeps every file of a message in order, with its caption", () => {
  const files = Array.from(
    { length: 11 },
    (_, i) => ({ url: `https://api.twilio.com/m/${i}`, contentType: "image/jpeg" }),
  );
  const fields = files.toReversed().flatMap(({ url, contentType }, back) => {
    const i = files.length - 1 - back;
    return [[`MediaUrl${i}`, url], [`MediaContentType${i}`, contentType]];
  });
  const params = { ...Object.fromEntries(fields), NumMedia: "10", Body: "look", MessageType: "image" };
  assert.deepEqual(content(params), { kind: "media", body: "look", media: files });
});

Deno.test("parseInbound() knows media of every kind, with or without MessageType", () => {
  for (const type of ["image", "audio", "video", "document", "sticker", "", "text"]) {
    const params = { MessageType: type, NumMedia: "1", MediaUrl0: "https://x/0" };
    const media = [{ url: "https://x/0", contentType: "application/octet-stream" }];
    assert.deepEqual(content(params), { kind: "media", body: "", media }, type);
  }
});

Deno.test("parseInbound() describes a location by label, address and coordinates", () => {
  const point = { MessageType: "location", Latitude: "-23.5614", Longitude: "-46.6559" };
  const body = "📍 MASP, Av. Paulista, 1578 (-23.5614, -46.6559)";
  assert.deepEqual(content({ ...point, Label: "MASP", Address: "Av. Paulista, 1578" }), {
    kind: "location",
    body,
    media: [],
  });
  assert.equal(content(point).body, "📍 (-23.5614, -46.6559)");
});

Deno.test("parseInbound() reads tapped buttons and list items by their visible text", () => {
  const button = {
    MessageType: "button",
    ButtonText: "Yes, please",
    ButtonPayload: "yes",
    Body: "Yes, please",
  };
  assert.deepEqual(content(button), { kind: "button", body: "Yes, please", media: [] });
  const item = { MessageType: "interactive", ListTitle: "Tuesday", ListId: "day-2", Body: "Tuesday" };
  assert.deepEqual(content(item), { kind: "button", body: "Tuesday", media: [] });
  assert.equal(content({ MessageType: "interactive", ListId: "day-2" }).body, "[button: day-2]");
});

Deno.test("parseInbound() keeps kinds it does not know and shows them by name", () => {
  const card = { url: "https://x/0", contentType: "text/vcard" };
  const contacts = { MessageType: "contacts", MediaUrl0: card.url, MediaContentType0: card.contentType };
  assert.deepEqual(content(contacts), { kind: "unknown", body: "[contacts]", media: [card] });
  assert.deepEqual(content({ MessageType: "reaction", Body: "👍" }), {
    kind: "unknown",
    body: "[reaction] 👍",
    media: [],
  });
  assert.equal(content({ MessageType: "order" }).body, "[order]");
  assert.equal(
    content({ MessageType: "interactive", InteractiveData: '{"a":1}' }).body,
    '[interactive] {"a":1}',
  );
  assert.equal(content({ MessageType: "system" }).kind, "unknown");
});

Deno.test("parseInbound() strips NUL everywhere and keeps all other parameters", () => {
  const { params, content: { body } } = parse({
    Body: "a\0b",
    ProfileName: "\0N",
    New: ["\0x", "y"],
  });
  assert.equal(body, "ab");
  assert.equal(params.ProfileName, "N");
  assert.deepEqual(params.New, ["x", "y"]);
  assert.ok(!JSON.stringify(params).includes("\\u0000"));
});

import assert from "node:assert/strict";
import { refusalOf } from "./refusals.ts";

const sender = "whatsapp:+14155238886";
const service = `MG${"1".repeat(32)}`;
const template = `HX${"a".repeat(32)}`;
const account = { sender, messagingServiceSids: [service] };

const free = { To: "whatsapp:+5511987654321", From: sender, Body: "Olá!" };
const filled = (variables: unknown) => ({
  To: free.To,
  From: sender,
  ContentSid: template,
  ContentVariables: typeof variables === "string" ? variables : JSON.stringify(variables),
});

function refusal(form: Record<string, string>, of: Parameters<typeof refusalOf>[1] = account): number | null {
  return refusalOf(new URLSearchParams(form), of);
}

const taken: [what: string, form: Record<string, string>][] = [
  ["free text", free],
  ["a text of 1,600 characters", { ...free, Body: "x".repeat(1_600) }],
  ["a business-scoped customer", { ...free, To: "whatsapp:US.13491208655302741918" }],
  ["a Messaging Service alone", { To: free.To, Body: "Olá!", MessagingServiceSid: service }],
  ["a Messaging Service with the sender", { ...free, MessagingServiceSid: service }],
  ["a template without variables", { To: free.To, From: sender, ContentSid: template }],
  ["a template with one", filled({ 1: 'Olá! 👋🏽 d\'avo "x"' })],
  ["four blanks in a row", filled({ 1: "a    b" })],
  ["1,024 characters together", filled({ 1: "a".repeat(1_000), 2: "b".repeat(24) })],
];
for (const [what, form] of taken) {
  Deno.test(`${what} is taken`, () => assert.equal(refusal(form), null));
}

const strange = "whatsapp:+10000000000";
const refused: [what: string, form: Record<string, string>, code: number][] = [
  ["no To", { ...free, To: "" }, 21604],
  ["no sender", { ...free, From: "" }, 21603],
  ["a To of another channel", { ...free, To: "+5511987654321" }, 21910],
  ["a To with letters", { ...free, To: "whatsapp:+55119abc" }, 21211],
  ["a To with a blank", { ...free, To: "whatsapp:+5511 987654321" }, 21211],
  ["a To that begins with a zero", { ...free, To: "whatsapp:+0511987654321" }, 21211],
  ["a stranger's sender", { ...free, From: strange }, 63007],
  ["our number without its channel", { ...free, From: "+14155238886" }, 63007],
  ["a stranger's sender in our service", { ...free, From: strange, MessagingServiceSid: service }, 63007],
  ["a service that is none", { ...free, MessagingServiceSid: "MG1" }, 21705],
  ["a service of another account", { ...free, MessagingServiceSid: `MG${"2".repeat(32)}` }, 21701],
  ["no content", { ...free, Body: "" }, 21619],
  ["a text of 1,601 characters", { ...free, Body: "x".repeat(1_601) }, 21617],
  ["variables without a template", { ...free, ContentVariables: "{}" }, 21654],
  ["a template that is none", { ...filled({ 1: "a" }), ContentSid: "HX1" }, 21655],
  ["another resource's SID", { ...filled({ 1: "a" }), ContentSid: service }, 21655],
  ["variables that are no JSON", filled("{1: a}"), 21656],
  ["a list of variables", filled(["a"]), 21656],
  ["a text for the variables", filled('"a"'), 21656],
  ["null for the variables", filled("null"), 21656],
  ["a number as a variable", filled({ 1: 7 }), 21656],
  ["null as a variable", filled({ 1: null }), 21656],
  ["an empty variable", filled({ 1: "" }), 21656],
  ["a blank variable", filled({ 1: "   " }), 21656],
  ["a line break", filled({ 1: "a\nb" }), 21656],
  ["a carriage return", filled({ 1: "a\rb" }), 21656],
  ["a tab", filled({ 1: "a\tb" }), 21656],
  ["five blanks in a row", filled({ 1: "a     b" }), 21656],
  ["1,025 characters together", filled({ 1: "a".repeat(1_000), 2: "b".repeat(25) }), 63021],
];
for (const [what, form, code] of refused) {
  Deno.test(`${what} is refused with ${code}`, () => assert.equal(refusal(form), code));
}

Deno.test("an account whose services are not told has every one that is well formed", () => {
  const any = { sender, messagingServiceSids: null };
  assert.equal(refusal({ ...free, MessagingServiceSid: `MG${"2".repeat(32)}` }, any), null);
  assert.equal(refusal({ ...free, MessagingServiceSid: "MG1" }, any), 21705);
});

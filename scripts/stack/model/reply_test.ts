import assert from "node:assert/strict";
import { shopReply } from "./reply.ts";

const user = (text: string) => ({ role: "user", text });

Deno.test("a burst is answered point by point, in its order", () => {
  const points = ["Oi!", "quero um bolo", "é pra sábado", "tem de morango?", "quanto custa?", "aceita pix?"];
  const reply = shopReply([{ role: "assistant", text: "Antes" }, user(points.join("\n"))]);
  const places = points.map((point) => reply.indexOf(`“${point}”`));
  assert.ok(places.every((place, index) => place > (places[index - 1] ?? 0)), reply);
  assert.match(reply, /6 mensagens/);
});

Deno.test("it speaks the customer's language, and the locale's when in doubt", () => {
  const system = { role: "system", text: "Write in the customer's language; when it is unclear, in es-AR." };
  assert.match(shopReply([user("What time do you open today?")]), /every day/);
  assert.match(shopReply([user("¿A qué hora abren hoy?")]), /todos los días/);
  assert.match(shopReply([user("Que horas vocês abrem hoje?")]), /todos os dias/);
  const place = "[image] could you make one like this?\n📍 MASP, Av. Paulista, São Paulo (-23.56, -46.65)";
  assert.match(shopReply([user(place)]), /got the photo[^]*got your location/);
  assert.match(shopReply([system, user("🍓🍓")]), /anotado, ya/);
});

Deno.test("what was answered before is not answered again", () => {
  const reply = shopReply([user("quanto custa?"), { role: "assistant", text: "R$ 95" }, user("obrigada!")]);
  assert.doesNotMatch(reply, /95/);
});

import assert from "node:assert/strict";
import { authorMarks, withoutOwnMarks } from "./own_marks.ts";

const cases: [string, string][] = [
  ["[automatic notice] Sim, temos pão!", "Sim, temos pão!"],
  ["Oi!\n[human colleague] Sim.\n [Automatic Notice]: Até já.", "Oi!\nSim.\n Até já."],
  ["[automatic notice] [human colleague]Sim", "Sim"],
  ["*[automatic notice]* Sim", "Sim"],
  ["**[automatic notice]:** Sim", "Sim"],
  ["**[human colleague] Sim**", "**Sim**"],
  ["- [human colleague] pão\n- bolo", "- pão\n- bolo"],
  ["> [automatic notice] Sim", "> Sim"],
  ["[automatic notice]", ""],
  ["[automatic notice]\nSim", "\nSim"],
  ["Escreva [automatic notice] no meio.", "Escreva [automatic notice] no meio."],
  ["[image] Sim", "[image] Sim"],
  ["*Sim* [ok]", "*Sim* [ok]"],
];

for (const [text, expected] of cases) {
  Deno.test(`withoutOwnMarks(${JSON.stringify(text)})`, () => assert.equal(withoutOwnMarks(text), expected));
}

Deno.test("every mark that is shown to the model is taken back", () => {
  for (const mark of Object.values(authorMarks)) assert.equal(withoutOwnMarks(`${mark} x`).trim(), "x");
});

import assert from "node:assert/strict";
import { customerTexts, languageOf } from "./customer_texts.ts";

Deno.test("languageOf() reads locales however they are written", () => {
  for (const locale of ["pt-BR", "pt_PT", "pt", " PT-br "]) assert.equal(languageOf(locale), "pt", locale);
  for (const locale of ["es", "es-419", "es_MX"]) assert.equal(languageOf(locale), "es", locale);
  for (const locale of ["en-US", "de-DE", "", "ptolemaic"]) assert.equal(languageOf(locale), "en", locale);
});

Deno.test("customerTexts() speaks the assistant's language", () => {
  assert.match(customerTexts("pt-BR").fallback, /^Desculpe, estou com dificuldades técnicas/);
  assert.match(customerTexts("es-MX").fallback, /^Disculpa/);
  assert.match(customerTexts("fr").fallback, /^Sorry/);
});

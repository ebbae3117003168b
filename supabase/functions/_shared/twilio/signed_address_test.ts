import assert from "node:assert/strict";
import fc from "fast-check";
import { spellingsOf } from "./signed_address.ts";

const address = "https://project.supabase.co/functions/v1/f";

Deno.test("an address is spelled with and without its port and its last slash", () => {
  const spellings = [
    "https://project.supabase.co/functions/v1/f",
    "https://project.supabase.co/functions/v1/f/",
    "https://project.supabase.co:443/functions/v1/f",
    "https://project.supabase.co:443/functions/v1/f/",
  ];
  assert.deepEqual(spellingsOf(address, "").sort(), spellings.sort());
  assert.deepEqual(spellingsOf(`${address}/`, "").sort(), spellings.sort());
  assert.ok(spellingsOf(address, "?a=b").includes(`${address}/?a=b`));
  assert.deepEqual(spellingsOf("http://[::1]:8081/f", "").sort(), [
    "http://[::1]/f",
    "http://[::1]/f/",
    "http://[::1]:8081/f",
    "http://[::1]:8081/f/",
  ]);
});

Deno.test("a query is spelled with those characters escaped and not, and with the apostrophe alone", () => {
  const cases: [shown: string, signed: string][] = [
    ["?loja=d%27avo", "?loja=d'avo"],
    ["?loja=d'avo", "?loja=d%27avo"],
    ["?a=%27&b=(1)", "?a='&b=(1)"],
    ["?a=%27&b=%28%31", "?a='&b=%28%31"],
    ["?a=%27&b=(1)!*~", "?a=%27&b=%281%29%21%2A%7E"],
    ["?a=%3c%22%3e%27", "?a=<\">'"],
    ["?Caller=sip%3A1%40x", "?Caller=sip:1@x"],
  ];
  for (const [shown, signed] of cases) {
    assert.ok(spellingsOf(address, shown).includes(address + signed), `${shown} for ${signed}`);
  }
});

Deno.test("the query as it came is always among the spellings, and there are never more than twenty", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      const spellings = spellingsOf(address, `?${text}`);
      assert.ok(spellings.includes(`${address}?${text}`));
      assert.ok(spellings.length <= 20);
    }),
    { seed: 20_261_103, numRuns: 300 },
  );
});

Deno.test("every spelling of a query has the same parameters", () => {
  const read = (query: string) => [...new URLSearchParams(query)];
  const queries = fc.string({ unit: fc.constantFrom(..."ab'\"<>!()*~@:%+&=é0127ACEace"), maxLength: 30 });
  fc.assert(
    fc.property(queries, (query) => {
      for (const spelling of spellingsOf(address, `?${query}`)) {
        assert.deepEqual(read(spelling.slice(spelling.indexOf("?"))), read(query), spelling);
      }
    }),
    { seed: 20_261_104, numRuns: 1_000 },
  );
});

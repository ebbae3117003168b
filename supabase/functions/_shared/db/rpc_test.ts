import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { z } from "zod";
import { armFaultPoints } from "../runtime/fault_points.ts";
import type { Database } from "./database.types.ts";
import { createRpc, databaseError, type Rpc } from "./rpc.ts";

const release = { p_session_id: "s", p_webhook_id: "w", p_if_drained: true };

/** A Data API that gives these answers one after the other, the last one for ever. */
async function withDataApi(
  answers: (() => Response)[],
  use: (api: { rpc: Rpc; requests: { url: URL; method: string; body: string }[] }) => Promise<void>,
) {
  const requests: { url: URL; method: string; body: string }[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    requests.push({ url: new URL(request.url), method: request.method, body: await request.text() });
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    return answer?.() ?? new Response(null, { status: 500 });
  });
  const client = createClient<Database>(`http://127.0.0.1:${server.addr.port}`, "key", {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
  try {
    await use({ rpc: createRpc(client), requests });
  } finally {
    await server.shutdown();
  }
}

const answer = (body: unknown) => () => Response.json(body);
const refuse = (status: number, code: string) => () =>
  Response.json({ code, message: "m", details: null, hint: null }, { status });
const text = (status: number, body: string) => () => new Response(body, { status });

const codes: { codes: string[]; code: string; retryable: boolean }[] = [
  { codes: ["PT403"], code: "forbidden", retryable: false },
  { codes: ["PT404"], code: "not_found", retryable: false },
  { codes: ["PT409"], code: "conflict", retryable: false },
  { codes: ["PT422"], code: "invalid", retryable: false },
  {
    codes: ["22P05", "22P02", "22003", "23502", "23503", "23505", "54000", "PGRST102"],
    code: "data_refused",
    retryable: false,
  },
  {
    codes: ["42501", "42883", "42P01", "PGRST202", "PGRST301"],
    code: "database_refused",
    retryable: false,
  },
  {
    codes: [
      "40001",
      "40P01",
      "55P03",
      "57014",
      "57P01",
      "08006",
      "53300",
      "25006",
      "P0001",
      "XX000",
      "SUP",
      "PGRST000",
    ]
      .concat(["PGRST001", "PGRST002", "PGRST003", ""]),
    code: "database_unavailable",
    retryable: true,
  },
];

for (const expected of codes) {
  Deno.test(`${expected.codes.map((code) => code || "no code").join(", ")}: ${expected.code}`, () => {
    for (const code of expected.codes) {
      const error = databaseError("claim_batch", { code, message: "m" }, 500);
      assert.equal(error.code, expected.code, code);
      assert.equal(error.retryable, expected.retryable, code);
      assert.ok(error.message.startsWith("claim_batch: "));
    }
  });
}

Deno.test("an error without a code counts as an outage", () => {
  assert.equal(databaseError("claim_batch", { message: "<h1>502</h1>" }, 502).retryable, true);
});

Deno.test("a call is one POST of its arguments, and its checked answer comes back", async () => {
  await withDataApi([answer(true)], async ({ rpc, requests }) => {
    assert.equal(await rpc.once("release_batch_lock", release, z.boolean()), true);
    assert.equal(requests.length, 1);
    assert.equal(requests[0]?.method, "POST");
    assert.equal(requests[0]?.url.pathname, "/rest/v1/rpc/release_batch_lock");
    assert.deepEqual(JSON.parse(requests[0]?.body ?? ""), release);
  });
});

const malformed = {
  "another type": answer("yes"),
  "null": answer(null),
  "no content": () => new Response(null, { status: 204 }),
  "an empty 404": text(404, ""),
};

for (const [name, given] of Object.entries(malformed)) {
  Deno.test(`an answer of another shape is none, and is not asked for again: ${name}`, async () => {
    await withDataApi([given], async ({ rpc, requests }) => {
      await assert.rejects(rpc.repeated("release_batch_lock", release, z.boolean()), {
        code: "database_answer_malformed",
        retryable: false,
      });
      assert.equal(requests.length, 1);
    });
  });
}

Deno.test("repeated() asks again through an outage of moments, and gives the answer that comes then", async () => {
  const outage = [text(502, "<h1>Bad Gateway</h1>"), refuse(500, "57P01"), refuse(503, "PGRST002")];
  await withDataApi([...outage, answer(true)], async ({ rpc, requests }) => {
    assert.equal(await rpc.repeated("release_batch_lock", release, z.boolean()), true);
    assert.equal(requests.length, 4);
  });
});

Deno.test("repeated() gives up after its fourth call, with the last error", async () => {
  await withDataApi([refuse(503, "PGRST000"), refuse(500, "40001")], async ({ rpc, requests }) => {
    await assert.rejects(rpc.repeated("release_batch_lock", release, z.boolean()), {
      code: "database_unavailable",
      retryable: true,
    });
    assert.equal(requests.length, 4);
  });
});

Deno.test("repeated() does not repeat a mistake", async () => {
  for (const code of ["PT409", "PT422", "23505", "42501", "PGRST202"]) {
    await withDataApi([refuse(400, code)], async ({ rpc, requests }) => {
      await assert.rejects(rpc.repeated("release_batch_lock", release, z.boolean()), { retryable: false });
      assert.equal(requests.length, 1, code);
    });
  }
});

Deno.test("once() does not ask again, whatever happened", async () => {
  await withDataApi([refuse(503, "PGRST000")], async ({ rpc, requests }) => {
    await assert.rejects(rpc.once("release_batch_lock", release, z.boolean()), { retryable: true });
    assert.equal(requests.length, 1);
  });
});

Deno.test("a Data API that is not there counts as an outage", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const client = createClient<Database>(`http://127.0.0.1:${port}`, "key");
  await assert.rejects(createRpc(client).once("release_batch_lock", release, z.boolean()), {
    code: "database_unavailable",
    retryable: true,
  });
});

Deno.test("a call has a fault point before it and one after its answer, which a refused call does not reach", async () => {
  const passed: string[] = [];
  armFaultPoints((point) => Promise.resolve(void passed.push(point)));
  try {
    await withDataApi([answer(true), refuse(400, "PT409")], async ({ rpc }) => {
      await rpc.once("release_batch_lock", release, z.boolean());
      await assert.rejects(rpc.once("release_batch_lock", release, z.boolean()));
    });
  } finally {
    armFaultPoints(null);
  }
  assert.deepEqual(passed, [
    "release_batch_lock.before",
    "release_batch_lock.after",
    "release_batch_lock.before",
  ]);
});

import { App } from "@supabase/lite";
import { dataApiConnection } from "./connection.ts";
import { jwtSecret, localKeys } from "../local_keys.ts";

// The Data API and sign-in, in a process of its own: the library writes to the console as it likes and keeps the loop busy.

const log = (level: string, event: string, fields: Record<string, unknown>) =>
  Deno.stdout.writeSync(
    new TextEncoder().encode(
      JSON.stringify({ at: new Date().toISOString(), level, event, ...fields }) + "\n",
    ),
  );

console.error = (...values: unknown[]) => {
  const fields = described(values);
  // A conflict or an illegal move is an answer like any other.
  log(String(fields.code).startsWith("PT") ? "debug" : "warn", "data_api.refused", fields);
};
console.warn = (...values: unknown[]) => log("warn", "data_api.warned", described(values));
console.info = (...values: unknown[]) => log("info", "data_api.noted", described(values));
console.log = console.info;

const databaseUrl = Deno.env.get("DATABASE_URL") ?? "";
const siteUrl = Deno.env.get("SITE_URL") ?? "";
const keys = await localKeys();
const roles: Record<string, { type: "publishable" | "secret"; claims: Record<string, unknown> }> = {
  [keys.publishable]: { type: "publishable", claims: { role: "anon" } },
  [keys.anon]: { type: "publishable", claims: { role: "anon" } },
  [keys.secret]: { type: "secret", claims: { role: "service_role" } },
  [keys.serviceRole]: { type: "secret", claims: { role: "service_role" } },
};

const connection = dataApiConnection(databaseUrl);
const app = new App({
  connection,
  auth: { enabled: true, jwt_secret: jwtSecret, site_url: siteUrl, email: { enable_confirmations: true } },
  options: {
    server: { disableStudio: true, apiKeys: { resolver: (key) => Promise.resolve(roles[key] ?? null) } },
    // Sign-in codes are read off the log: nothing here sends mail.
    drivers: {
      email: {
        send: ({ to, subject, text }) => {
          log("info", "email.written", { to, subject, text });
          return Promise.resolve();
        },
      },
    },
  },
});
await app.init();
await connection.introspect();
// As PostgREST does: `notify pgrst` after a schema change.
await connection.driver.listen("pgrst", () => connection.clearSchemaCache());

Deno.serve((request) => app.fetch(request));

function described([first, ...others]: unknown[]): Record<string, unknown> {
  if (!(first instanceof Error)) return { text: [first, ...others].map(String).join(" ") };
  const error = first.cause instanceof Error ? first.cause : first;
  return { code: "code" in error ? error.code : null, text: error.message };
}

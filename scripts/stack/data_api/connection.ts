import { createPostgresConnection, type PostgresConnection } from "@supabase/lite/postgres";
import { asPostgrestError } from "./errors.ts";

/** A connection under which the library behaves as PostgREST does. */
export function dataApiConnection(databaseUrl: string): PostgresConnection {
  const connection = createPostgresConnection({
    url: databaseUrl,
    postgresOptions: {
      max: 20,
      onnotice: () => {},
      // Seconds between attempts to connect: a database that was restarted is used at once.
      backoff: () => 0.05,
      // Supabase gives service_role 8 s; the library applies no role's settings.
      connection: { statement_timeout: 8_000, application_name: "data-api" },
      // Its own serializers encode what is JSON text already once more.
      types: {
        json: { to: 114, from: [114], serialize: jsonText, parse: JSON.parse },
        jsonb: { to: 3802, from: [3802], serialize: jsonText, parse: JSON.parse },
        timestamptz: { to: 1184, from: [1184], serialize: String, parse: isoTime },
      },
    },
  });
  // Otherwise its first request grants everything to anon. The member is private, hence by name.
  Reflect.set(connection, "rlsState", "active");
  connection.normalizeDbError = asPostgrestError;
  return connection;
}

function jsonText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** PostgreSQL writes `2026-01-31 12:00:00.5+00`, PostgREST `2026-01-31T12:00:00.5+00:00`. */
export function isoTime(text: string): string {
  return text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00");
}

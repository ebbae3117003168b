import postgres from "postgres";
import { databaseRun } from "./database_run.ts";

export type Role = "anon" | "authenticated" | "service_role";

/** A database of a test's own: migrated, with the demo tenant in it. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  /** As the superuser, on up to ten connections. */
  readonly sql: postgres.Sql;
  /** A further client with one connection of its own. All of them end with the database. */
  connect(): postgres.Sql;
  /** Runs the work as a role, in a transaction that is then committed; `claims` are those of its JWT. */
  as<T>(
    role: Role,
    work: (sql: postgres.TransactionSql) => Promise<T>,
    options?: { claims?: Record<string, string> },
  ): Promise<T>;
}

/** 12 ms a copy in memory. `await using database = await freshDatabase()` drops it in the end. */
export async function freshDatabase(): Promise<TestDatabase> {
  const { port } = await databaseRun();
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const urlOf = (database: string) => `postgresql://postgres:postgres@127.0.0.1:${port}/${database}`;
  const url = urlOf(name);
  const clients: postgres.Sql[] = [];
  const client = (max: number) => {
    const sql = postgres(url, { max, onnotice: () => {} });
    clients.push(sql);
    return sql;
  };
  await administer(urlOf("postgres"), `create database ${name} template recado_template strategy file_copy`);
  const sql = client(10);
  return {
    url,
    sql,
    connect: () => client(1),
    async as(role, work, { claims = {} } = {}) {
      const outcome = await sql.begin(async (transaction) => {
        const settings = Object.entries({ ...claims, role }).map((
          [key, value],
        ) => [`request.jwt.claim.${key}`, value]);
        for (const [key = "", value = ""] of settings) {
          await transaction`select set_config(${key}, ${value}, true)`;
        }
        await transaction`select set_config('role', ${role}, true)`;
        return { value: await work(transaction) };
      });
      return outcome.value;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((each) => each.end({ timeout: 1 })));
      await administer(urlOf("postgres"), `drop database ${name} with (force)`);
    },
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}

import type postgres from "postgres";

export interface Limits {
  /** How often the sweep comes; what is due may wait two of these. */
  sweepSeconds: number;
  /** How long an inbound message may be without anything that answers for it. */
  unansweredSeconds: number;
}

export interface BrokenInvariant {
  invariant: string;
  rows: postgres.Row[];
}

const file = new URL("../invariants.sql", import.meta.url);

/** The invariants that do not hold in this database, with the rows that break them. */
export async function checkInvariants(sql: postgres.Sql, limits: Limits): Promise<BrokenInvariant[]> {
  const invariants = named(await Deno.readTextFile(file));
  return await sql.begin("isolation level repeatable read", async (transaction) => {
    await transaction`
      select
        set_config('recado.sweep_seconds', ${String(limits.sweepSeconds)}, true),
        set_config('recado.unanswered_seconds', ${String(limits.unansweredSeconds)}, true)`;
    const broken: BrokenInvariant[] = [];
    for (const { name, query } of invariants) {
      const rows = await transaction.unsafe<postgres.Row[]>(query);
      if (rows.length > 0) broken.push({ invariant: name, rows: [...rows] });
    }
    return broken;
  });
}

/** The names of all invariants, as the file has them. */
export async function invariantNames(): Promise<string[]> {
  return named(await Deno.readTextFile(file)).map(({ name }) => name);
}

function named(text: string): { name: string; query: string }[] {
  return text.split(/^-- \[(?=\w+\]$)/m).slice(1).map((part) => {
    const end = part.indexOf("]");
    return { name: part.slice(0, end), query: part.slice(end + 1).trim().replace(/;$/, "") };
  });
}

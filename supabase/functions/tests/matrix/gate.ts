import type postgres from "postgres";

/** Keeps the sweep away from a customer until a fault has had its turn. */
export interface Gate {
  close(customerAddress: string): Promise<void>;
  open(customerAddress: string): Promise<void>;
}

/** The sweep learns of sessions from `recover_stalled` alone, so that is where the gate stands. */
export async function createGate(sql: postgres.Sql): Promise<Gate> {
  await sql.unsafe(`
    create schema gate;
    create table gate.closed (customer_address text primary key);
    alter function public.recover_stalled(integer, integer) rename to recover_stalled_past_the_gate;
    create function public.recover_stalled(p_limit integer default 50, p_settle_seconds integer default 1)
    returns setof uuid language sql volatile set search_path = '' as $$
      select s.id
      from public.recover_stalled_past_the_gate(p_limit, p_settle_seconds) r
      join public.sessions s on s.id = r
      where not exists (select from gate.closed c where c.customer_address = s.customer_address);
    $$;
    grant execute on function public.recover_stalled(integer, integer) to service_role;
    grant usage on schema gate to service_role;
    grant select on gate.closed to service_role;`);
  return {
    close: async (address) => {
      await sql`insert into gate.closed values (${address}) on conflict do nothing`;
    },
    open: async (address) => {
      await sql`delete from gate.closed where customer_address = ${address}`;
    },
  };
}

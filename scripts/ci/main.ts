// What CI alone runs, one thing a call: `deno task ci <what> [its arguments]`; without one, the list.

const tests = "supabase/functions/tests";
const runs: Record<string, { about: string; args: string[] }> = {
  away: {
    about: "the model, then Twilio, is away and comes back [--seconds n]",
    args: ["run", "-A", `${tests}/chaos/away.ts`],
  },
  blocked: {
    about: "one organization's customers who cannot be helped, and one of another's [--sessions n]",
    args: ["run", "-A", `${tests}/chaos/blocked.ts`],
  },
  browser: { about: "the page in Chromium", args: ["task", "--config", "scripts/browser/deno.json", "test"] },
  cron: {
    about: "the schedule on a real pg_cron, and what others notice of it",
    args: ["test", "-A", `${tests}/cron/schedule.ts`, `${tests}/cron/shared_worker.ts`],
  },
  deadlocks: {
    about: "everything that locks, at once [--seconds n]",
    args: ["run", "-A", `${tests}/chaos/deadlocks.ts`],
  },
  deploy: {
    about: "what the Supabase CLI uploads, type-checked and booted alone",
    args: ["test", "-A", "scripts/ci/deploy.ts"],
  },
  hot: {
    about: "one customer who does not stop writing [--messages n]",
    args: ["run", "-A", `${tests}/chaos/hot.ts`],
  },
  lint: {
    about: "what the Supabase CLI's linter and advisors find",
    args: ["test", "-A", "scripts/ci/lint.ts"],
  },
  loaded: {
    about: "the tests that time could disturb, beside two busy loops a core",
    args: [
      "run",
      "-A",
      "scripts/ci/loaded.ts",
      `${tests}/stack`,
      `${tests}/faults`,
      `${tests}/tenants`,
      "scripts/stack/stack_test.ts",
    ],
  },
  outage: {
    about: "the database goes away under load and comes back [--seconds n]",
    args: ["run", "-A", `${tests}/chaos/outage.ts`],
  },
  push: {
    about: "the migrations by the Supabase CLI on PostgreSQL 15 and 17, alone and beside another application",
    args: ["test", "-A", "scripts/ci/push.ts", "scripts/ci/guest/guest.ts"],
  },
  schema: {
    about: "that migrations and schema build the same database, on 15 and 17",
    args: ["test", "-A", "scripts/ci/schema.ts"],
  },
  storm: {
    about: "every message five times at once [--messages n --customers n]",
    args: ["run", "-A", `${tests}/chaos/storm.ts`],
  },
  "sweep-scale": {
    about: "conversations due at once, and messages meanwhile [--conversations n]",
    args: ["run", "-A", `${tests}/chaos/sweep_scale.ts`],
  },
  types: {
    about: "that the types are those of the migrations",
    args: ["run", "-A", "scripts/ci/types.ts", "--check"],
  },
};

const [what = "", ...rest] = Deno.args;
const run = runs[what];
if (run) {
  const { code } = await new Deno.Command(Deno.execPath(), { args: [...run.args, ...rest] }).spawn().status;
  Deno.exitCode = code;
} else {
  const list = Object.entries(runs).map(([name, { about }]) => `  ${name.padEnd(14)}${about}`);
  console.error(["deno task ci <what>:", ...list].join("\n"));
  Deno.exitCode = 2;
}

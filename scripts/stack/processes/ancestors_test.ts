import assert from "node:assert/strict";
import { type Ancestor, launchOf } from "./ancestors.ts";

function processes(...rows: [pid: number, parent: number, command: string][]) {
  const table = new Map(rows.map(([pid, parent, command]): [number, Ancestor] => [
    pid,
    { pid, parent, command, startedAt: "1" },
  ]));
  return (pid: number) => table.get(pid) ?? null;
}

const pids = (ancestors: Ancestor[]) => ancestors.map(({ pid }) => pid);

Deno.test("everything up to npx is a launcher, the shell that called npx is not", () => {
  const read = processes(
    [40, 30, "deno task start"],
    [30, 20, "sh -c 'deno' task start"],
    [20, 10, "npm exec deno task start"],
    [10, 1, "-bash"],
  );
  assert.deepEqual(launchOf(40, read), { launchers: [read(40), read(30), read(20)], abandoned: false });
});

Deno.test("a shell command that called npx may end without us", () => {
  const read = processes([40, 20, "deno task start"], [20, 10, "npm exec deno task start"], [
    10,
    1,
    "sh -c npx -y deno task start &",
  ]);
  assert.deepEqual(pids(launchOf(40, read).launchers), [40, 20]);
});

Deno.test("npx may be the first process of a container", () => {
  const read = processes([9, 8, "deno task start"], [8, 1, "sh -c 'deno' task start"], [
    1,
    0,
    "npm exec deno task start",
  ]);
  assert.deepEqual(pids(launchOf(9, read).launchers), [9, 8, 1]);
  assert.equal(launchOf(9, read).abandoned, false);
});

Deno.test("a shell that npx left behind shows that npx is gone", () => {
  const read = processes([9, 8, "deno task start"], [8, 1, "sh -c 'deno' task start"], [1, 0, "/sbin/init"]);
  assert.equal(launchOf(9, read).abandoned, true);
});

Deno.test("started by a shell there is nothing to watch", () => {
  const read = processes([10, 1, "-bash"], [1, 0, "/sbin/init"]);
  assert.deepEqual(launchOf(10, read), { launchers: [], abandoned: false });
});

Deno.test("a test runner under npx is no launcher of what it starts", () => {
  const read = processes([40, 30, "deno test -A scripts"], [30, 20, "deno task test"], [
    20,
    10,
    "npm exec deno task test",
  ]);
  assert.deepEqual(launchOf(40, read), { launchers: [], abandoned: false });
});

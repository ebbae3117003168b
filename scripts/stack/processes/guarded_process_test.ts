import assert from "node:assert/strict";
import type { OutputLine } from "../events/part_log.ts";
import { spawnGuarded } from "./guarded_process.ts";

const moduleUrl = new URL("./guarded_process.ts", import.meta.url).href;

/** A named pipe: whoever opens it for writing is seen to be gone, with all who inherited it, by its end-of-file. */
async function deathWatch(): Promise<{ path: string; gone: Promise<string> } & AsyncDisposable> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/alive`;
  const made = await new Deno.Command("mkfifo", { args: [path] }).output();
  assert.ok(made.success);
  return {
    path,
    gone: Deno.readTextFile(path),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("a guarded command hands over its lines, its own process id and its exit code", async () => {
  const lines: OutputLine[] = [];
  const child = spawnGuarded({
    command: "sh",
    args: ["-c", 'echo "$$"; echo "$WHO" >&2; printf half; exit 3'],
    env: { WHO: "olá 👋" },
    onLine: (line) => lines.push(line),
  });
  const status = await child.status;
  assert.equal(status.code, 3);
  assert.deepEqual(lines.filter((line) => line.stream === "stdout").map((line) => line.text), [
    String(child.pid),
    "half",
  ]);
  assert.deepEqual(lines.filter((line) => line.stream === "stderr").map((line) => line.text), ["olá 👋"]);
});

Deno.test("stop() lets a command end by itself", async () => {
  const ready = Promise.withResolvers<void>();
  const child = spawnGuarded({
    command: "sh",
    args: ["-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done"],
    onLine: () => ready.resolve(),
  });
  await ready.promise;
  assert.equal((await child.stop()).code, 7);
  assert.equal((await child.stop()).code, 7, "a second stop() tells the same");
});

Deno.test("stop() kills a command that does not listen, with what it started", async () => {
  await using watch = await deathWatch();
  const ready = Promise.withResolvers<void>();
  const child = spawnGuarded({
    command: "sh",
    args: [
      "-c",
      `exec 9>"${watch.path}"; trap '' TERM; sleep 300 & echo ready; while :; do sleep 0.05; done`,
    ],
    onLine: () => ready.resolve(),
  });
  await ready.promise;
  const status = await child.stop({ graceMs: 200 });
  assert.equal(status.signal, "SIGKILL");
  await watch.gone;
});

Deno.test("what a command leaves behind ends with it", async () => {
  await using watch = await deathWatch();
  const child = spawnGuarded({ command: "sh", args: ["-c", `exec 9>"${watch.path}"; sleep 300 & exit 0`] });
  assert.equal((await child.status).code, 0);
  await watch.gone;
});

Deno.test("a command that does not exist ends with 127 and says so", async () => {
  const lines: string[] = [];
  const child = spawnGuarded({ command: "/nowhere/command", onLine: (line) => lines.push(line.text) });
  assert.equal((await child.status).code, 127);
  assert.match(lines.join("\n"), /\/nowhere\/command/);
});

for (const [manner, graceMs] of [["listens", 5_000], ["does not listen", 300]] as const) {
  Deno.test(`a guarded command that ${manner} dies with us when we are killed outright`, async () => {
    await using watch = await deathWatch();
    const trap = manner === "listens" ? "" : "trap '' TERM;";
    const program = `
      import { spawnGuarded } from ${JSON.stringify(moduleUrl)};
      const script = ${
      JSON.stringify(`exec 9>"${watch.path}"; ${trap} sleep 300 & echo ready; while :; do sleep 0.05; done`)
    };
      const onLine = () => console.log("ready");
      await spawnGuarded({ command: "sh", args: ["-c", script], graceMs: ${graceMs}, onLine }).status;
    `;
    const holder = new Deno.Command(Deno.execPath(), { args: ["eval", program], stdout: "piped" }).spawn();
    const stdout = holder.stdout.getReader();
    await stdout.read();
    Deno.kill(holder.pid, "SIGKILL");
    await holder.status;
    await watch.gone;
    await stdout.cancel();
  });
}

import { spawnGuarded } from "stack/processes/guarded_process.ts";

// `deno test` on the files and folders named, while the machine is busy: beside two endless loops a core. Ends as the tests do.

const loops = Array.from(
  { length: navigator.hardwareConcurrency * 2 },
  () => spawnGuarded({ command: "sh", args: ["-c", "while :; do :; done"], stopSignal: "SIGTERM" }),
);
try {
  const tests = new Deno.Command(Deno.execPath(), { args: ["test", "-A", "--parallel", ...Deno.args] });
  Deno.exitCode = (await tests.spawn().status).code;
} finally {
  await Promise.all(loops.map((loop) => loop.stop()));
}

import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

/** Where the database server of this test run listens. */
export interface DatabaseRun {
  port: number;
}

const program = fileURLToPath(new URL("./database_server.ts", import.meta.url));
/** Test files run in threads of one process, so its id is what they have in common. */
const meetingPoint = join(tmpdir(), `recado-test-run-${Deno.pid}.json`);

let found: Promise<DatabaseRun> | undefined;

/** The database server that all test files of a run share. The first to ask starts it, the others wait for that. */
export function databaseRun(): Promise<DatabaseRun> {
  return found ??= meet();
}

async function meet(): Promise<DatabaseRun> {
  using file = await Deno.open(meetingPoint, { create: true, read: true, write: true });
  await file.lock(true);
  const told = await Deno.readTextFile(meetingPoint);
  if (told !== "" && await answers(readAnswer(told))) return readAnswer(told);
  const answer = await launch();
  await Deno.writeTextFile(meetingPoint, answer);
  return readAnswer(answer);
}

/** Starts the server as a child of nobody, or it would end with this file, and waits for the line that it answers. */
async function launch(): Promise<string> {
  const args = ["run", "--allow-all", "--no-check", "--quiet", program, String(Deno.pid), meetingPoint];
  const shell = new Deno.Command("sh", {
    args: ["-c", '"$@" &', "sh", Deno.execPath(), ...args],
    detached: true,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  await shell.status;
  const decoder = new TextDecoder();
  let answer = "";
  for await (const chunk of shell.stdout) {
    answer += decoder.decode(chunk, { stream: true });
    if (answer.includes("\n")) break;
  }
  return answer;
}

/** Not so when an earlier run with our process id could not clean up after itself. */
async function answers({ port }: DatabaseRun): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.ConnectionRefused) return false;
    throw cause;
  }
}

function readAnswer(answer: string): DatabaseRun {
  const told: { port?: unknown; error?: unknown } = answer === "" ? {} : JSON.parse(answer);
  if (typeof told.port === "number") return { port: told.port };
  throw new Error(`The test database did not start: ${told.error ?? "it ended without a word"}`);
}

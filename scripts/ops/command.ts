import { parseArgs } from "node:util";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { askHidden } from "./hidden_prompt.ts";

export interface Flag {
  /** What the flag is for, as `--help` and the prompt say it. */
  about: string;
  /** Taken without asking; none: the flag is asked for, or missing. */
  fallback?: string;
  /** It is a secret, and this variable of the environment has it; asked for, it is not shown. The flag is for programs only. */
  variable?: string;
}

export interface Command<F extends Record<string, Flag>> {
  usage: string;
  flags: F;
}

export type Values<F extends Record<string, Flag>> = { [K in keyof F]: string } & { json: boolean };

/** The flags' values: from the arguments or the environment, else asked for on a terminal. Null: `--help` was all that was wanted. */
export function readFlags<F extends Record<string, Flag>>(
  command: Command<F>,
  args: string[],
): Values<F> | null {
  const options = Object.fromEntries(
    Object.keys(command.flags).map((name) => [name, { type: "string" as const }]),
  );
  const values = parse(args, { ...options, json: { type: "boolean" }, help: { type: "boolean" } });
  if (values.help) {
    console.log(help(command));
    return null;
  }
  const missing: string[] = [];
  const answers: Record<string, string> = {};
  for (const [name, flag] of Object.entries(command.flags)) {
    const { fallback, variable } = flag;
    const given = values[name] ?? (variable === undefined ? undefined : Deno.env.get(variable));
    const answer = typeof given === "string" ? given : fallback ?? ask(flag);
    if (answer === null || (answer === "" && fallback === undefined)) missing.push(variable ?? `--${name}`);
    else answers[name] = answer;
  }
  if (missing.length > 0) {
    throw new AppError("flags_missing", `Missing: ${missing.join(", ")}. --help says more.`);
  }
  return { ...answers as { [K in keyof F]: string }, json: values.json === true };
}

/** Runs a command: what it prints is its own, an error is one sentence and exit code 1. */
export async function runCommand(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(`${error.code}: ${error.message}`);
    Deno.exitCode = 1;
  }
}

function parse(
  args: string[],
  options: Record<string, { type: "string" | "boolean" }>,
): Record<string, string | boolean | (string | boolean)[] | undefined> {
  try {
    return parseArgs({ args, options, allowPositionals: false }).values;
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new AppError("flags_malformed", `${cause.message} --help says more.`, { cause });
  }
}

/** Null: there is no terminal to ask on. */
export function ask({ about, variable }: Flag): string | null {
  if (!Deno.stdin.isTerminal()) return null;
  return (variable === undefined ? prompt(`${about}:`) : askHidden(`${about}:`))?.trim() ?? null;
}

function help<F extends Record<string, Flag>>({ usage, flags }: Command<F>): string {
  const width = Math.max(...Object.keys(flags).map((name) => name.length), 4) + 4;
  const line = (name: string, about: string) => `  --${name.padEnd(width)}${about}`;
  const lines = Object.entries(flags).map(([name, { about, fallback, variable }]) =>
    line(name, variable ? `${about}: ${variable}, or asked for` : fallback ? `${about} (${fallback})` : about)
  );
  return [usage, "", ...lines, line("json", "prints for programs"), line("help", "prints this")].join("\n");
}

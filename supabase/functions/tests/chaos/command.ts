import { parseArgs } from "node:util";
import { createTeardown } from "stack/processes/teardown.ts";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { type ChaosStack, type ChaosStackOptions, startChaosStack } from "./chaos_stack.ts";
import { keepEvidence, watchEvidence } from "./evidence.ts";
import { createPrinter, type Figures, type Printer } from "./printer.ts";
import { createRandom, type Random } from "./random.ts";
import { type Trouble, watchTrouble } from "./trouble.ts";
import { insideProblems } from "./problems.ts";

export interface Trial<Name extends string> {
  name: string;
  /** The numbers that the command line may change, with their defaults. */
  numbers: Record<Name, number>;
  chaos: (numbers: Record<Name, number>, random: Random) => ChaosStackOptions;
  /** Does it until nothing is left to do, and says what is wrong; what holds for every run is checked afterwards. */
  run: (
    chaos: ChaosStack,
    context: { numbers: Record<Name, number>; random: Random; say: Printer["say"]; trouble: Trouble },
  ) => Promise<{ figures: Figures; problems: string[] }>;
}

/** Runs a trial as a command: progress, figures and a verdict, which is also the exit code. Nothing is left behind but evidence. */
export async function runCommand<Name extends string>(trial: Trial<Name>, args = Deno.args): Promise<never> {
  const { numbers, seed, json } = readArguments(trial.numbers, args);
  const printer = createPrinter({ task: trial.name, json });
  const random = createRandom(seed);
  printer.say("starting", { seed, ...numbers });
  const teardown = createTeardown();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void teardown.run().finally(() => Deno.exit(130)));
  }
  const chaos = await startChaosStack(trial.chaos(numbers, random), teardown);
  const evidence = watchEvidence(chaos);
  const trouble = watchTrouble(chaos);
  let clean = false;
  try {
    const { figures, problems } = await trial.run(chaos, { numbers, random, say: printer.say, trouble });
    problems.push(...trouble.deadlocks.slice(0, 5), ...await insideProblems(chaos));
    clean = problems.length === 0;
    const kept = clean ? null : await keepEvidence(chaos, evidence, trial.name);
    printer.verdict({ seed, ...figures }, problems, kept);
  } finally {
    await teardown.run();
  }
  Deno.exit(clean ? 0 : 1);
}

function readArguments<Name extends string>(defaults: Record<Name, number>, args: string[]) {
  const names = Object.keys(defaults);
  const { values } = parseArgs({
    args,
    options: {
      json: { type: "boolean", default: false },
      seed: { type: "string", default: "1" },
      ...Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
    },
  });
  const given = new Map(Object.entries(values));
  const numberOf = (name: string, otherwise: number) => {
    const text = given.get(name);
    const number = text === undefined ? otherwise : Number(text);
    if (Number.isInteger(number) && number >= 0) return number;
    throw new AppError("argument_malformed", `--${name} must be a whole number.`);
  };
  const numbers = { ...defaults };
  for (const name in defaults) numbers[name] = numberOf(name, defaults[name]);
  return { numbers, seed: numberOf("seed", 1), json: given.get("json") === true };
}

import { z } from "zod";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { readFlags, runCommand } from "./command.ts";
import { openProject, type Project } from "./project.ts";

const command = {
  usage: "deno task redrive: tries the messages of dead letters again, a deliberate second reply",
  flags: {
    batch: { about: "Id of one dead batch, as `deno task status` lists it, or `all`", fallback: "" },
    owner: { about: "Those of one organization: its id", fallback: "" },
    failure: {
      about: "Those of one failure, as `deno task status` names it: timeout, credentials …",
      fallback: "",
    },
  },
};

export interface Filter {
  ownerId?: string;
  failure?: string;
}

/** How many messages wait now. AppError `not_found`: the batch has no dead messages. */
export function redrive(project: Project, batchId: string): Promise<number> {
  return project.rpc.once("redrive_dead_letter", { p_batch_id: batchId }, z.number());
}

const portion = z.tuple([z.object({ batches: z.number(), messages: z.number() })]);

/** How many messages of how many dead letters wait now, a portion at a time. `redriven` hears the sum so far. */
export async function redriveAll(
  project: Project,
  { ownerId, failure }: Filter = {},
  redriven: (batches: number) => void = () => {},
): Promise<{ batches: number; messages: number }> {
  const filter = {
    // What is given up on again meanwhile is not tried once more.
    p_before: new Date().toISOString(),
    ...(ownerId === undefined ? {} : { p_owner_id: ownerId }),
    ...(failure === undefined ? {} : { p_failure: failure }),
  };
  const sum = { batches: 0, messages: 0 };
  for (;;) {
    const [{ batches, messages }] = await project.rpc.once("redrive_dead_letters", filter, portion);
    if (batches === 0) return sum;
    sum.batches += batches;
    sum.messages += messages;
    redriven(sum.batches);
  }
}

if (import.meta.main) {
  await runCommand(async () => {
    const values = readFlags(command, Deno.args);
    if (!values) return;
    const { batch, owner, failure } = values;
    const isOne = batch !== "" && batch !== "all";
    const isFiltered = owner !== "" || failure !== "";
    if (isOne ? isFiltered : !isFiltered && batch !== "all") {
      throw new AppError(
        "flags_missing",
        "Name one --batch, or --batch all, or --owner, --failure or both. --help says more.",
      );
    }
    const project = openProject(Deno.env.toObject());
    const messages = isOne ? await redrive(project, batch) : (await redriveAll(project, {
      ...(owner === "" ? {} : { ownerId: owner }),
      ...(failure === "" ? {} : { failure }),
    }, (batches) => console.error(`${batches} dead letters redriven …`))).messages;
    console.log(
      values.json
        ? JSON.stringify({ messages })
        : `${messages} messages wait for an answer; the sweep takes them.`,
    );
  });
}

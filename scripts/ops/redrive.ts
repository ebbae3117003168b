import { z } from "zod";
import { readFlags, runCommand } from "./command.ts";
import { openProject, type Project } from "./project.ts";

const command = {
  usage: "deno task redrive: tries the messages of a dead letter again, a deliberate second reply",
  flags: { batch: { about: "Id of the dead batch, as `deno task status` lists it" } },
};

/** How many messages wait now. AppError `not_found`: the batch has no dead messages. */
export function redrive(project: Project, batchId: string): Promise<number> {
  return project.rpc.once("redrive_dead_letter", { p_batch_id: batchId }, z.number());
}

if (import.meta.main) {
  await runCommand(async () => {
    const values = readFlags(command, Deno.args);
    if (!values) return;
    const messages = await redrive(openProject(Deno.env.toObject()), values.batch);
    console.log(
      values.json
        ? JSON.stringify({ messages })
        : `${messages} messages wait for an answer; the sweep takes them.`,
    );
  });
}

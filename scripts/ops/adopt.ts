import { z } from "zod";
import { databaseError } from "functions/_shared/db/rpc.ts";
import { readFlags, runCommand } from "./command.ts";
import { openProject, type Project } from "./project.ts";

const command = {
  usage: "deno task adopt: lists orphaned messages, or takes up those of a sender that exists by now",
  flags: { sender: { about: "The sender whose messages to take up; none: list", fallback: "" } },
};

export async function listOrphans(project: Project) {
  const { data, error, status } = await project.client.from("orphaned_messages")
    .select("message_sid, account_sid, to_address, reason, received_at")
    .is("resolved_at", null).order("received_at").limit(200);
  if (error) throw databaseError("orphaned_messages", error, status);
  return data;
}

/** Ingests the sender's orphaned messages in their order, a portion at a time; returns how many. `taken` hears the sum so far. */
export async function adopt(
  project: Project,
  sender: string,
  taken: (messages: number) => void = () => {},
): Promise<number> {
  for (let messages = 0;;) {
    const portion = await project.rpc.once("adopt_orphaned_messages", { p_sender: sender }, z.number());
    if (portion === 0) return messages;
    messages += portion;
    taken(messages);
  }
}

if (import.meta.main) {
  await runCommand(async () => {
    const values = readFlags(command, Deno.args);
    if (!values) return;
    const project = openProject(Deno.env.toObject());
    if (values.sender === "") {
      const orphans = await listOrphans(project);
      if (values.json) return console.log(JSON.stringify(orphans));
      if (orphans.length === 0) return console.log("No orphaned messages.");
      return console.table(orphans);
    }
    const messages = await adopt(project, values.sender, (sum) => console.error(`${sum} taken up …`));
    console.log(
      values.json ? JSON.stringify({ messages }) : `${messages} messages taken up; the sweep answers them.`,
    );
  });
}

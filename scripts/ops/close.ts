import { changeStatus } from "functions/_shared/app/change_status.ts";
import { createConversations } from "functions/_shared/db/conversations.ts";
import { conversationStatuses } from "functions/_shared/domain/conversation_status.ts";
import { AppError } from "functions/_shared/runtime/errors.ts";
import { readFlags, runCommand } from "./command.ts";
import { openProject, type Project } from "./project.ts";

const command = {
  usage: "deno task close: moves a conversation, whatever state it is in, as far as the move is legal",
  flags: {
    conversation: { about: "Id of the conversation" },
    status: { about: "Its new state", fallback: "support_closed" },
    reason: { about: "Why, for its history", fallback: "Closed by an operator." },
  },
};

/** Reads again when somebody else moves the conversation meanwhile. AppErrors as `changeStatus`; `status_unknown`. */
export async function close(project: Project, id: string, status: string, reason: string) {
  const to = conversationStatuses.find((each) => each === status);
  if (!to) throw new AppError("status_unknown", `${status} is none of ${conversationStatuses.join(", ")}.`);
  const conversations = createConversations(project.client, project.rpc);
  return await changeStatus(id, { to, changedBy: "operator", reason }, { conversations });
}

if (import.meta.main) {
  await runCommand(async () => {
    const values = readFlags(command, Deno.args);
    if (!values) return;
    const project = openProject(Deno.env.toObject());
    const moved = await close(project, values.conversation, values.status, values.reason);
    console.log(values.json ? JSON.stringify(moved) : `The conversation is ${moved.status} now.`);
  });
}

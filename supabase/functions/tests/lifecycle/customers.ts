import assert from "node:assert/strict";
import type postgres from "postgres";
import type { ConversationStatus } from "../../_shared/domain/conversation_status.ts";
import { accountSid, sender } from "../helpers/stack.ts";

export interface Ingested {
  outcome: "accepted" | "duplicate" | "handoff" | "opted_out";
  message_id: string;
  session_id: string;
  conversation_id: string;
}

export interface Conversation {
  id: string;
  session_id: string;
  status: ConversationStatus;
  version: number;
  updated_at: Date;
  sweep_at: Date | null;
}

let customers = 0;
let sids = 0;

export function freshAddress(): string {
  return `whatsapp:+55119${String(++customers).padStart(8, "0")}`;
}

export function freshSid(): string {
  return `SM${String(++sids).padStart(32, "0")}`;
}

/** A customer's message, stored as the webhook stores it. */
export async function write(
  sql: postgres.ISql,
  from: string,
  { body = "Oi", messageSid = freshSid(), extra = {} }: {
    body?: string;
    messageSid?: string;
    extra?: Record<string, string>;
  } = {},
): Promise<Ingested> {
  const params = {
    MessageSid: messageSid,
    AccountSid: accountSid,
    From: from,
    To: sender,
    Body: body,
    ...extra,
  };
  const [row] = await sql<Ingested[]>`select * from public.ingest_inbound_message(${sql.json(params)})`;
  assert(row);
  return row;
}

/** The session's conversations, oldest first. */
export async function conversationsOf(sql: postgres.ISql, sessionId: string): Promise<Conversation[]> {
  return [
    ...await sql<Conversation[]>`
      select id, session_id, status, version, updated_at, sweep_at
      from public.conversations where session_id = ${sessionId} order by started_at`,
  ];
}

export async function conversation(sql: postgres.ISql, id: string): Promise<Conversation> {
  const [row] = await sql<Conversation[]>`
    select id, session_id, status, version, updated_at, sweep_at from public.conversations where id = ${id}`;
  assert(row);
  return row;
}

export async function move(
  sql: postgres.ISql,
  id: string,
  to: ConversationStatus,
  version?: number,
): Promise<Conversation> {
  const from = version ?? (await conversation(sql, id)).version;
  const [row] = await sql<Conversation[]>`
    select * from public.transition_conversation(${id}, ${to}, ${from}, 'test', 'A test wants it.')`;
  assert(row);
  return row;
}

/** A conversation in progress, with nothing left to answer. */
export async function talk(sql: postgres.ISql, from = freshAddress()): Promise<Conversation> {
  const { conversation_id, session_id } = await write(sql, from);
  await sql`delete from public.message_queue where session_id = ${session_id}`;
  return await move(sql, conversation_id, "progress");
}

/** Lets time pass for one session: everything in it happened so much earlier. */
export async function letPass(sql: postgres.ISql, sessionId: string, minutes: number): Promise<void> {
  const passed = sql`make_interval(secs => ${minutes * 60})`;
  await sql`
    update public.sessions set last_inbound_at = last_inbound_at - ${passed} where id = ${sessionId}`;
  await sql`
    update public.conversations
    set started_at = started_at - ${passed}, updated_at = updated_at - ${passed}, sweep_at = sweep_at - ${passed},
      ended_at = ended_at - ${passed}
    where session_id = ${sessionId}`;
  await sql`update public.messages set created_at = created_at - ${passed} where session_id = ${sessionId}`;
}

export interface Swept {
  idled: number;
  expired: number;
  rescheduled: number;
  idle_messages: number;
  more: boolean;
}

export async function sweepConversations(sql: postgres.ISql, limit = 100): Promise<Swept> {
  const [row] = await sql<Swept[]>`select * from public.sweep_conversations(${limit})`;
  assert(row);
  return row;
}

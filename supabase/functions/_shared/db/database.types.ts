export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  "public": {
    Tables: {
      "assistants": {
        Row: {
          "content_sid": string | null;
          "created_at": string;
          "delay_message": string | null;
          "delay_notice_seconds": number | null;
          "enabled_tools": (string)[];
          "expiry_minutes": number;
          "fallback_message": string | null;
          "id": string;
          "idle_message": string | null;
          "idle_minutes": number;
          "instructions": string;
          "locale": string;
          "max_inbound_per_minute": number;
          "max_replies_per_hour": number;
          "max_replies_per_minute": number;
          "max_reply_parts": number;
          "max_wait_ms": number;
          "model": string | null;
          "name": string;
          "overlap": string;
          "owner_id": string;
          "pending_expiry_minutes": number;
          "quiet_window_ms": number;
        };
        ComputedFields: never;
        Insert: {
          "content_sid"?: string | null;
          "created_at"?: string;
          "delay_message"?: string | null;
          "delay_notice_seconds"?: number | null;
          "enabled_tools"?: (string)[];
          "expiry_minutes"?: number;
          "fallback_message"?: string | null;
          "id"?: string;
          "idle_message"?: string | null;
          "idle_minutes"?: number;
          "instructions"?: string;
          "locale"?: string;
          "max_inbound_per_minute"?: number;
          "max_replies_per_hour"?: number;
          "max_replies_per_minute"?: number;
          "max_reply_parts"?: number;
          "max_wait_ms"?: number;
          "model"?: string | null;
          "name": string;
          "overlap"?: string;
          "owner_id": string;
          "pending_expiry_minutes"?: number;
          "quiet_window_ms"?: number;
        };
        Update: {
          "content_sid"?: string | null;
          "created_at"?: string;
          "delay_message"?: string | null;
          "delay_notice_seconds"?: number | null;
          "enabled_tools"?: (string)[];
          "expiry_minutes"?: number;
          "fallback_message"?: string | null;
          "id"?: string;
          "idle_message"?: string | null;
          "idle_minutes"?: number;
          "instructions"?: string;
          "locale"?: string;
          "max_inbound_per_minute"?: number;
          "max_replies_per_hour"?: number;
          "max_replies_per_minute"?: number;
          "max_reply_parts"?: number;
          "max_wait_ms"?: number;
          "model"?: string | null;
          "name"?: string;
          "overlap"?: string;
          "owner_id"?: string;
          "pending_expiry_minutes"?: number;
          "quiet_window_ms"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "assistants_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "owners";
            referencedColumns: ["id"];
          },
        ];
      };
      "conversation_state_history": {
        Row: {
          "at": string;
          "changed_by": string;
          "conversation_id": string;
          "from_status": string;
          "id": number;
          "owner_id": string;
          "reason": string | null;
          "to_status": string;
          "version": number;
        };
        ComputedFields: never;
        Insert: {
          "at"?: string;
          "changed_by": string;
          "conversation_id": string;
          "from_status": string;
          "id"?: never;
          "owner_id": string;
          "reason"?: string | null;
          "to_status": string;
          "version": number;
        };
        Update: {
          "at"?: string;
          "changed_by"?: string;
          "conversation_id"?: string;
          "from_status"?: string;
          "id"?: never;
          "owner_id"?: string;
          "reason"?: string | null;
          "to_status"?: string;
          "version"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "conversation_state_history_conversation_id_fkey";
            columns: ["conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "conversation_state_history_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "owners";
            referencedColumns: ["id"];
          },
        ];
      };
      "conversations": {
        Row: {
          "context": NonNullable<Json>;
          "ended_at": string | null;
          "history_characters": number | null;
          "id": string;
          "owner_id": string;
          "session_id": string;
          "started_at": string;
          "status": string;
          "sweep_at": string | null;
          "updated_at": string;
          "version": number;
        };
        ComputedFields: never;
        Insert: {
          "context"?: NonNullable<Json>;
          "ended_at"?: string | null;
          "history_characters"?: number | null;
          "id"?: string;
          "owner_id": string;
          "session_id": string;
          "started_at"?: string;
          "status"?: string;
          "sweep_at"?: string | null;
          "updated_at"?: string;
          "version"?: number;
        };
        Update: {
          "context"?: NonNullable<Json>;
          "ended_at"?: string | null;
          "history_characters"?: number | null;
          "id"?: string;
          "owner_id"?: string;
          "session_id"?: string;
          "started_at"?: string;
          "status"?: string;
          "sweep_at"?: string | null;
          "updated_at"?: string;
          "version"?: number;
        };
        Relationships: [
          {
            foreignKeyName: "conversations_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "owners";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "conversations_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "sessions";
            referencedColumns: ["id"];
          },
        ];
      };
      "former_message_sids": {
        Row: {
          "created_at": string;
          "message_id": string;
          "message_sid": string;
          "reason": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "message_id": string;
          "message_sid": string;
          "reason": string;
        };
        Update: {
          "created_at"?: string;
          "message_id"?: string;
          "message_sid"?: string;
          "reason"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "former_message_sids_message_id_fkey";
            columns: ["message_id"];
            isOneToOne: false;
            referencedRelation: "messages";
            referencedColumns: ["id"];
          },
        ];
      };
      "message_queue": {
        Row: {
          "attempts": number;
          "available_at": string;
          "batch_id": string | null;
          "created_at": string;
          "delay_told": boolean;
          "id": number;
          "is_counted": boolean;
          "last_error": string | null;
          "message_id": string;
          "message_sid": string;
          "outside_failures": number;
          "payload": NonNullable<Json>;
          "session_id": string;
          "status": string;
          "superseded": boolean;
        };
        ComputedFields: never;
        Insert: {
          "attempts"?: number;
          "available_at"?: string;
          "batch_id"?: string | null;
          "created_at"?: string;
          "delay_told"?: boolean;
          "id"?: never;
          "is_counted"?: boolean;
          "last_error"?: string | null;
          "message_id": string;
          "message_sid": string;
          "outside_failures"?: number;
          "payload"?: NonNullable<Json>;
          "session_id": string;
          "status"?: string;
          "superseded"?: boolean;
        };
        Update: {
          "attempts"?: number;
          "available_at"?: string;
          "batch_id"?: string | null;
          "created_at"?: string;
          "delay_told"?: boolean;
          "id"?: never;
          "is_counted"?: boolean;
          "last_error"?: string | null;
          "message_id"?: string;
          "message_sid"?: string;
          "outside_failures"?: number;
          "payload"?: NonNullable<Json>;
          "session_id"?: string;
          "status"?: string;
          "superseded"?: boolean;
        };
        Relationships: [
          {
            foreignKeyName: "message_queue_message_id_fkey";
            columns: ["message_id"];
            isOneToOne: true;
            referencedRelation: "messages";
            referencedColumns: ["id"];
          },
        ];
      };
      "messages": {
        Row: {
          "absent_at": string | null;
          "account_sid": string | null;
          "author": string;
          "batch_id": string | null;
          "body": string;
          "cancel_reason": string | null;
          "content_sid": string | null;
          "conversation_id": string;
          "created_at": string;
          "delivery_status": string | null;
          "direction": string;
          "error_code": number | null;
          "follows": string | null;
          "from_address": string | null;
          "id": string;
          "kind": string;
          "media": NonNullable<Json>;
          "message_sid": string | null;
          "message_sid_evidence": string | null;
          "messaging_service_sid": string | null;
          "metadata": NonNullable<Json>;
          "owner_id": string;
          "position": number | null;
          "second_message_sid": string | null;
          "send_after": string | null;
          "send_attempt": number;
          "send_begun_by": string | null;
          "send_started_at": string | null;
          "seq": number;
          "session_id": string;
          "unanswered_reason": string | null;
          "written_by": string | null;
        };
        ComputedFields: never;
        Insert: {
          "absent_at"?: string | null;
          "account_sid"?: string | null;
          "author": string;
          "batch_id"?: string | null;
          "body"?: string;
          "cancel_reason"?: string | null;
          "content_sid"?: string | null;
          "conversation_id": string;
          "created_at"?: string;
          "delivery_status"?: string | null;
          "direction": string;
          "error_code"?: number | null;
          "follows"?: string | null;
          "from_address"?: string | null;
          "id"?: string;
          "kind"?: string;
          "media"?: NonNullable<Json>;
          "message_sid"?: string | null;
          "message_sid_evidence"?: string | null;
          "messaging_service_sid"?: string | null;
          "metadata"?: NonNullable<Json>;
          "owner_id": string;
          "position"?: number | null;
          "second_message_sid"?: string | null;
          "send_after"?: string | null;
          "send_attempt"?: number;
          "send_begun_by"?: string | null;
          "send_started_at"?: string | null;
          "seq"?: never;
          "session_id": string;
          "unanswered_reason"?: string | null;
          "written_by"?: string | null;
        };
        Update: {
          "absent_at"?: string | null;
          "account_sid"?: string | null;
          "author"?: string;
          "batch_id"?: string | null;
          "body"?: string;
          "cancel_reason"?: string | null;
          "content_sid"?: string | null;
          "conversation_id"?: string;
          "created_at"?: string;
          "delivery_status"?: string | null;
          "direction"?: string;
          "error_code"?: number | null;
          "follows"?: string | null;
          "from_address"?: string | null;
          "id"?: string;
          "kind"?: string;
          "media"?: NonNullable<Json>;
          "message_sid"?: string | null;
          "message_sid_evidence"?: string | null;
          "messaging_service_sid"?: string | null;
          "metadata"?: NonNullable<Json>;
          "owner_id"?: string;
          "position"?: number | null;
          "second_message_sid"?: string | null;
          "send_after"?: string | null;
          "send_attempt"?: number;
          "send_begun_by"?: string | null;
          "send_started_at"?: string | null;
          "seq"?: never;
          "session_id"?: string;
          "unanswered_reason"?: string | null;
          "written_by"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "messages_conversation_id_fkey";
            columns: ["conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "messages_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "sessions";
            referencedColumns: ["id"];
          },
        ];
      };
      "model_calls": {
        Row: {
          "calls": number;
          "day": string;
          "owner_id": string;
        };
        ComputedFields: never;
        Insert: {
          "calls"?: number;
          "day": string;
          "owner_id": string;
        };
        Update: {
          "calls"?: number;
          "day"?: string;
          "owner_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "model_calls_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "owners";
            referencedColumns: ["id"];
          },
        ];
      };
      "orphaned_messages": {
        Row: {
          "account_sid": string | null;
          "content": Json | null;
          "from_address": string | null;
          "id": string;
          "message_sid": string;
          "params": NonNullable<Json>;
          "reason": string;
          "received_at": string;
          "resolved_at": string | null;
          "to_address": string | null;
        };
        ComputedFields: never;
        Insert: {
          "account_sid"?: string | null;
          "content"?: Json | null;
          "from_address"?: string | null;
          "id"?: string;
          "message_sid": string;
          "params": NonNullable<Json>;
          "reason": string;
          "received_at"?: string;
          "resolved_at"?: string | null;
          "to_address"?: string | null;
        };
        Update: {
          "account_sid"?: string | null;
          "content"?: Json | null;
          "from_address"?: string | null;
          "id"?: string;
          "message_sid"?: string;
          "params"?: NonNullable<Json>;
          "reason"?: string;
          "received_at"?: string;
          "resolved_at"?: string | null;
          "to_address"?: string | null;
        };
        Relationships: [];
      };
      "owners": {
        Row: {
          "active": boolean;
          "created_at": string;
          "daily_model_calls": number | null;
          "email": string;
          "id": string;
          "name": string;
        };
        ComputedFields: never;
        Insert: {
          "active"?: boolean;
          "created_at"?: string;
          "daily_model_calls"?: number | null;
          "email": string;
          "id"?: string;
          "name": string;
        };
        Update: {
          "active"?: boolean;
          "created_at"?: string;
          "daily_model_calls"?: number | null;
          "email"?: string;
          "id"?: string;
          "name"?: string;
        };
        Relationships: [];
      };
      "reply_batches": {
        Row: {
          "attempt": number;
          "closed_at": string | null;
          "completion_tokens": number | null;
          "conversation_id": string;
          "created_at": string;
          "error": Json | null;
          "id": string;
          "latency_ms": number | null;
          "lock_id": string;
          "message_ids": (string)[];
          "model": string | null;
          "outcome": string;
          "owner_id": string;
          "prompt_tokens": number | null;
          "session_id": string;
        };
        ComputedFields: never;
        Insert: {
          "attempt": number;
          "closed_at"?: string | null;
          "completion_tokens"?: number | null;
          "conversation_id": string;
          "created_at"?: string;
          "error"?: Json | null;
          "id"?: string;
          "latency_ms"?: number | null;
          "lock_id": string;
          "message_ids": (string)[];
          "model"?: string | null;
          "outcome"?: string;
          "owner_id": string;
          "prompt_tokens"?: number | null;
          "session_id": string;
        };
        Update: {
          "attempt"?: number;
          "closed_at"?: string | null;
          "completion_tokens"?: number | null;
          "conversation_id"?: string;
          "created_at"?: string;
          "error"?: Json | null;
          "id"?: string;
          "latency_ms"?: number | null;
          "lock_id"?: string;
          "message_ids"?: (string)[];
          "model"?: string | null;
          "outcome"?: string;
          "owner_id"?: string;
          "prompt_tokens"?: number | null;
          "session_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "reply_batches_conversation_id_fkey";
            columns: ["conversation_id"];
            isOneToOne: false;
            referencedRelation: "conversations";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "reply_batches_session_id_fkey";
            columns: ["session_id"];
            isOneToOne: false;
            referencedRelation: "sessions";
            referencedColumns: ["id"];
          },
        ];
      };
      "senders": {
        Row: {
          "active": boolean;
          "address": string;
          "assistant_id": string;
          "created_at": string;
          "messaging_service_sid": string | null;
          "owner_id": string;
          "twilio_account_id": string;
        };
        ComputedFields: never;
        Insert: {
          "active"?: boolean;
          "address": string;
          "assistant_id": string;
          "created_at"?: string;
          "messaging_service_sid"?: string | null;
          "owner_id": string;
          "twilio_account_id": string;
        };
        Update: {
          "active"?: boolean;
          "address"?: string;
          "assistant_id"?: string;
          "created_at"?: string;
          "messaging_service_sid"?: string | null;
          "owner_id"?: string;
          "twilio_account_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "sender_uses_an_account_of_its_owner";
            columns: ["owner_id", "twilio_account_id"];
            isOneToOne: false;
            referencedRelation: "twilio_accounts";
            referencedColumns: ["owner_id", "id"];
          },
          {
            foreignKeyName: "sender_uses_an_assistant_of_its_owner";
            columns: ["owner_id", "assistant_id"];
            isOneToOne: false;
            referencedRelation: "assistants";
            referencedColumns: ["owner_id", "id"];
          },
          {
            foreignKeyName: "senders_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "owners";
            referencedColumns: ["id"];
          },
        ];
      };
      "sessions": {
        Row: {
          "batch_lock_id": string | null;
          "batch_lock_until": string | null;
          "cap_told_on": string | null;
          "created_at": string;
          "customer_address": string;
          "id": string;
          "inbound_minute": string | null;
          "inbound_seq": number;
          "inbound_this_minute": number;
          "last_inbound_at": string | null;
          "opt_out_by": string | null;
          "opted_in_at": string | null;
          "opted_out_at": string | null;
          "owner_id": string;
          "profile_name": string | null;
          "rate_limited_until": string | null;
          "sender": string;
          "session_key": string;
          "swept_at": string | null;
        };
        ComputedFields: never;
        Insert: {
          "batch_lock_id"?: string | null;
          "batch_lock_until"?: string | null;
          "cap_told_on"?: string | null;
          "created_at"?: string;
          "customer_address": string;
          "id"?: string;
          "inbound_minute"?: string | null;
          "inbound_seq"?: number;
          "inbound_this_minute"?: number;
          "last_inbound_at"?: string | null;
          "opt_out_by"?: string | null;
          "opted_in_at"?: string | null;
          "opted_out_at"?: string | null;
          "owner_id": string;
          "profile_name"?: string | null;
          "rate_limited_until"?: string | null;
          "sender": string;
          "session_key"?: never;
          "swept_at"?: string | null;
        };
        Update: {
          "batch_lock_id"?: string | null;
          "batch_lock_until"?: string | null;
          "cap_told_on"?: string | null;
          "created_at"?: string;
          "customer_address"?: string;
          "id"?: string;
          "inbound_minute"?: string | null;
          "inbound_seq"?: number;
          "inbound_this_minute"?: number;
          "last_inbound_at"?: string | null;
          "opt_out_by"?: string | null;
          "opted_in_at"?: string | null;
          "opted_out_at"?: string | null;
          "owner_id"?: string;
          "profile_name"?: string | null;
          "rate_limited_until"?: string | null;
          "sender"?: string;
          "session_key"?: never;
          "swept_at"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "sessions_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "owners";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "sessions_sender_fkey";
            columns: ["sender"];
            isOneToOne: false;
            referencedRelation: "senders";
            referencedColumns: ["address"];
          },
        ];
      };
      "sweep_positions": {
        Row: {
          "position": number;
          "task": string;
        };
        ComputedFields: never;
        Insert: {
          "position": number;
          "task": string;
        };
        Update: {
          "position"?: number;
          "task"?: string;
        };
        Relationships: [];
      };
      "sweep_runs": {
        Row: {
          "asked_again_at": string | null;
          "counts": NonNullable<Json>;
          "finished_at": string | null;
          "id": number;
          "late_seconds": number;
          "started_at": string;
          "works_until": string;
        };
        ComputedFields: never;
        Insert: {
          "asked_again_at"?: string | null;
          "counts"?: NonNullable<Json>;
          "finished_at"?: string | null;
          "id"?: never;
          "late_seconds"?: number;
          "started_at"?: string;
          "works_until"?: string;
        };
        Update: {
          "asked_again_at"?: string | null;
          "counts"?: NonNullable<Json>;
          "finished_at"?: string | null;
          "id"?: never;
          "late_seconds"?: number;
          "started_at"?: string;
          "works_until"?: string;
        };
        Relationships: [];
      };
      "twilio_accounts": {
        Row: {
          "account_sid": string;
          "auth_token_encrypted": string;
          "created_at": string;
          "id": string;
          "owner_id": string;
          "previous_auth_token_encrypted": string | null;
        };
        ComputedFields: never;
        Insert: {
          "account_sid": string;
          "auth_token_encrypted": string;
          "created_at"?: string;
          "id"?: string;
          "owner_id": string;
          "previous_auth_token_encrypted"?: string | null;
        };
        Update: {
          "account_sid"?: string;
          "auth_token_encrypted"?: string;
          "created_at"?: string;
          "id"?: string;
          "owner_id"?: string;
          "previous_auth_token_encrypted"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "twilio_accounts_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "owners";
            referencedColumns: ["id"];
          },
        ];
      };
      "users": {
        Row: {
          "active": boolean;
          "auth_id": string | null;
          "created_at": string;
          "email": string;
          "id": string;
          "name": string;
          "owner_id": string;
          "phone": string | null;
          "role": string;
        };
        ComputedFields: never;
        Insert: {
          "active"?: boolean;
          "auth_id"?: string | null;
          "created_at"?: string;
          "email": string;
          "id"?: string;
          "name": string;
          "owner_id": string;
          "phone"?: string | null;
          "role"?: string;
        };
        Update: {
          "active"?: boolean;
          "auth_id"?: string | null;
          "created_at"?: string;
          "email"?: string;
          "id"?: string;
          "name"?: string;
          "owner_id"?: string;
          "phone"?: string | null;
          "role"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "users_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "owners";
            referencedColumns: ["id"];
          },
        ];
      };
    };
    Views: {
      "sweep_health": {
        Row: {
          "is_dead": boolean | null;
          "last_finished_at": string | null;
          "last_fired_at": string | null;
          "last_started_at": string | null;
          "late_seconds": number | null;
          "overdue_conversations": number | null;
          "overdue_messages": number | null;
          "overdue_sends": number | null;
          "reasons": Json | null;
          "schedule": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
    };
    Functions: {
      "acquire_batch_lock": {
        Args: { "p_lock_duration_seconds"?: number; "p_session_id": string; "p_webhook_id": string };
        Returns: {
          "lock_owner": string;
          "success": boolean;
        }[];
      };
      "adopt_orphaned_messages": { Args: { "p_limit"?: number; "p_sender": string }; Returns: number };
      "begin_send": {
        Args: {
          "p_absent_attempt"?: number;
          "p_absent_message_id"?: string;
          "p_session_id": string;
          "p_webhook_id": string;
        };
        Returns: Json;
      };
      "begin_sweep": {
        Args: { "p_budget_ms"?: number };
        Returns: {
          "late_seconds": number;
          "run_id": number;
          "started_at": string;
        }[];
      };
      "claim_batch": {
        Args: {
          "p_history_characters"?: number;
          "p_max_attempts"?: number;
          "p_max_characters"?: number;
          "p_max_messages"?: number;
          "p_session_id": string;
          "p_webhook_id": string;
        };
        Returns: Json;
      };
      "close_conversation": {
        Args: { "p_conversation_id": string; "p_reason"?: string; "p_status"?: string };
        Returns: {
          "context": NonNullable<Json>;
          "ended_at": string | null;
          "history_characters": number | null;
          "id": string;
          "owner_id": string;
          "session_id": string;
          "started_at": string;
          "status": string;
          "sweep_at": string | null;
          "updated_at": string;
          "version": number;
        };
        SetofOptions: {
          from: "*";
          to: "conversations";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "complete_batch": {
        Args: {
          "p_batch_id": string;
          "p_bodies": Json;
          "p_session_id": string;
          "p_usage"?: Json;
          "p_webhook_id": string;
        };
        Returns: Json;
      };
      "explain_sweep": {
        Args: Record<PropertyKey, never>;
        Returns: {
          "detail": string;
          "reason": string;
        }[];
      };
      "extend_batch_lock": {
        Args: { "p_lock_duration_seconds"?: number; "p_session_id": string; "p_webhook_id": string };
        Returns: boolean;
      };
      "fail_batch": {
        Args: {
          "p_asked_ms"?: number;
          "p_batch_id": string;
          "p_error": Json;
          "p_max_attempts"?: number;
          "p_remedy": string;
          "p_session_id": string;
          "p_usage"?: Json;
          "p_webhook_id": string;
        };
        Returns: Json;
      };
      "finish_sweep": {
        Args: { "p_counts": Json; "p_looked_at"?: string; "p_run_id": number; "p_untried"?: (string)[] };
        Returns: string;
      };
      "hand_back_batch": { Args: { "p_session_id": string; "p_webhook_id": string }; Returns: boolean };
      "hand_back_conversation": {
        Args: { "p_conversation_id": string; "p_reason"?: string };
        Returns: {
          "context": NonNullable<Json>;
          "ended_at": string | null;
          "history_characters": number | null;
          "id": string;
          "owner_id": string;
          "session_id": string;
          "started_at": string;
          "status": string;
          "sweep_at": string | null;
          "updated_at": string;
          "version": number;
        };
        SetofOptions: {
          from: "*";
          to: "conversations";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "ingest_inbound_message": {
        Args: { "p_content"?: Json; "p_params": Json; "p_received_at"?: string };
        Returns: {
          "conversation_id": string;
          "lock_owner": string;
          "message_id": string;
          "outcome": string;
          "session_id": string;
          "wait_ms": number;
        }[];
      };
      "known_message_sids": { Args: { "p_message_sids": Json }; Returns: string[] };
      "lift_opt_out": { Args: { "p_session_id": string }; Returns: boolean };
      "record_delivery_status": {
        Args: {
          "p_account_sid": string;
          "p_delivery_status": string;
          "p_error_code"?: number;
          "p_may_pass"?: boolean;
          "p_message_id"?: string;
          "p_message_sid": string;
        };
        Returns: {
          "outcome": string;
          "wake_session_id": string;
        }[];
      };
      "record_send": {
        Args: {
          "p_message_id": string;
          "p_result": Json;
          "p_send_attempt": number;
          "p_session_id": string;
          "p_webhook_id": string;
        };
        Returns: Json;
      };
      "recover_stalled": {
        Args: { "p_limit"?: number; "p_settle_seconds"?: number; "p_tried_before"?: string };
        Returns: string[];
      };
      "redrive_dead_letter": { Args: { "p_batch_id": string }; Returns: number };
      "redrive_dead_letters": {
        Args: { "p_before"?: string; "p_failure"?: string; "p_limit"?: number; "p_owner_id"?: string };
        Returns: {
          "batches": number;
          "messages": number;
        }[];
      };
      "register_organization": {
        Args: {
          "p_account_sid": string;
          "p_assistant"?: Json;
          "p_auth_token_encrypted": string;
          "p_email": string;
          "p_name": string;
          "p_sender": string;
          "p_user_name": string;
        };
        Returns: {
          "assistant_id": string;
          "owner_id": string;
          "twilio_account_id": string;
          "user_id": string;
        }[];
      };
      "release_batch_lock": {
        Args: { "p_if_drained"?: boolean; "p_session_id": string; "p_webhook_id": string };
        Returns: boolean;
      };
      "schedule_sweep": { Args: { "p_seconds"?: number }; Returns: string };
      "send_operator_message": { Args: { "p_body": string; "p_conversation_id": string }; Returns: string };
      "sweep_conversations": {
        Args: { "p_limit"?: number };
        Returns: {
          "expired": number;
          "idle_messages": number;
          "idled": number;
          "more": boolean;
          "rescheduled": number;
        }[];
      };
      "sweep_housekeeping": {
        Args: { "p_limit"?: number; "p_raw_retention_days": number };
        Returns: {
          "cron_runs": number;
          "dead_letters": number;
          "orphans": number;
          "raw_payloads": number;
          "sweep_runs": number;
        }[];
      };
      "take_over_conversation": {
        Args: { "p_conversation_id": string; "p_reason"?: string };
        Returns: {
          "context": NonNullable<Json>;
          "ended_at": string | null;
          "history_characters": number | null;
          "id": string;
          "owner_id": string;
          "session_id": string;
          "started_at": string;
          "status": string;
          "sweep_at": string | null;
          "updated_at": string;
          "version": number;
        };
        SetofOptions: {
          from: "*";
          to: "conversations";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      "transition_conversation": {
        Args: {
          "p_changed_by": string;
          "p_conversation_id": string;
          "p_current_version": number;
          "p_reason"?: string;
          "p_to_status": string;
        };
        Returns: {
          "context": NonNullable<Json>;
          "ended_at": string | null;
          "history_characters": number | null;
          "id": string;
          "owner_id": string;
          "session_id": string;
          "started_at": string;
          "status": string;
          "sweep_at": string | null;
          "updated_at": string;
          "version": number;
        };
        SetofOptions: {
          from: "*";
          to: "conversations";
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof (
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"]
    )
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals } ? (
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"]
  )[TableName] extends {
    Row: infer R;
  } ? R
  : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
      Row: infer R;
    } ? R
    : never
  : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
    Insert: infer I;
  } ? I
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I;
    } ? I
    : never
  : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
    Update: infer U;
  } ? U
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U;
    } ? U
    : never
  : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never;

export const Constants = {
  "public": {
    Enums: {},
  },
} as const;

import type { ReplyModel } from "./app/ports/model.ts";
import { respond as respondTo, type RespondDeps, type RespondOptions } from "./app/respond.ts";
import { createAuthTokens } from "./db/auth_tokens.ts";
import { createBatches } from "./db/batches.ts";
import { createBatchLocks } from "./db/batch_locks.ts";
import { createDatabaseClient } from "./db/client.ts";
import { createDeliveryStatuses } from "./db/delivery_statuses.ts";
import { createInbox } from "./db/inbox.ts";
import { createOutbox } from "./db/outbox.ts";
import { createRpc } from "./db/rpc.ts";
import { createSweepStore } from "./db/sweep_store.ts";
import { systemClock } from "./runtime/clock.ts";
import { type Config, readConfig, shortSecrets } from "./runtime/config.ts";
import { AppError } from "./runtime/errors.ts";
import { withFaultPoints } from "./runtime/fault_points.ts";
import { createLogger, type Logger } from "./runtime/logger.ts";
import { shutdownSignal, unpooledFetch, waitUntil } from "./runtime/platform.ts";
import { decryptAuthToken, parseCredentialsKeys } from "./twilio/credentials.ts";
import { createMessagingApi } from "./twilio/messaging_api.ts";
import { statusCallbackUrl } from "./twilio/status_callback.ts";

/** Every adapter of one function, built once from its environment. The only place that knows them all. */
export function deploy(functionName: string, env: Record<string, string | undefined>) {
  const config = readConfig(env);
  const log = createLogger({ level: config.LOG_LEVEL }).with({ function: functionName });
  for (const name of shortSecrets(config)) log.warn("config.short_secret", { name });
  const clock = systemClock;
  const client = createDatabaseClient(config.SUPABASE_URL, config.SUPABASE_KEY.reveal());
  const rpc = createRpc(client);
  const credentialsKeys = parseCredentialsKeys(config.CREDENTIALS_KEY.reveal());
  const authTokens = createAuthTokens(client, {
    decrypt: (jwe, accountSid) => decryptAuthToken(jwe, accountSid, credentialsKeys),
    now: clock.now,
  });
  const messaging = createMessagingApi({
    fetch: unpooledFetch(),
    baseUrl: config.TWILIO_API_BASE_URL,
    authToken: async (accountSid) => {
      const [token] = await authTokens.find(accountSid) ?? [];
      if (token === undefined) {
        throw new AppError("unknown_account", `there is no Twilio account ${accountSid}`);
      }
      return token;
    },
  });
  const responder: RespondDeps = {
    locks: createBatchLocks(rpc),
    batches: createBatches(rpc, { maxAttempts: config.MAX_ATTEMPTS }),
    outbox: createOutbox(rpc),
    messaging: withFaultPoints(messaging, {
      createMessage: "twilio.create_message",
      listMessages: "twilio.list_messages",
    }),
    model: () => loadModel(config),
    statusCallback: (messageId) => statusCallbackUrl(config.PUBLIC_FUNCTIONS_URL, messageId),
    clock,
    shutdown: shutdownSignal(),
    leaseSeconds: config.BATCH_LOCK_SECONDS,
    modelTimeoutMs: config.AI_TIMEOUT_MS,
  };

  return {
    config,
    log,
    clock,
    waitUntil,
    authTokens,
    inbox: createInbox(rpc),
    deliveryStatuses: createDeliveryStatuses(rpc),
    store: createSweepStore(rpc),
    rawRetentionDays: config.RAW_RETENTION_DAYS,
    publicUrl: `${config.PUBLIC_FUNCTIONS_URL}/${functionName}`,
    internalApiKeys: config.INTERNAL_API_KEY,
    respond: (sessionId: string, requestLog: Logger, options?: RespondOptions) =>
      respondTo(sessionId, requestLog, responder, options),
  };
}

let model: ReplyModel | null = null;

/** The model's client is 421 KB: it is loaded after the first acknowledgement, not before. */
async function loadModel(config: Config): Promise<ReplyModel> {
  if (model) return model;
  const { createReplyModel } = await import("./ai/openai_model.ts");
  model = withFaultPoints(
    createReplyModel({
      api: config.OPENAI_API,
      apiKey: config.OPENAI_API_KEY.reveal(),
      baseUrl: config.OPENAI_BASE_URL,
      model: config.OPENAI_MODEL,
    }),
    { reply: "model.reply" },
  );
  return model;
}

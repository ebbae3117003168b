import { posix } from "node:path";
import { importsOf, type Source } from "./architecture.ts";

/** Which rooms of `scripts/stack` a room may use beside itself; files beside `stack.ts` are the room `.`. */
const rooms: Record<string, string[]> = {
  events: [],
  http: [],
  processes: ["events"],
  postgres: ["events", "processes", "."],
  migrations: [],
  data_api: ["events", "processes", "."],
  functions: ["events", "processes", "."],
  twilio: ["events", "http"],
  model: ["events", "http"],
  page: ["events", "http", "twilio"],
  ".": ["events", "http", "processes", "postgres", "migrations", "data_api", "functions", "twilio", "model"],
};

/** Every broken rule of the local stack's layout, as a sentence. Paths are from `scripts/stack`; tests may do what they like. */
export function stackViolations(sources: Source[]): string[] {
  return sources.filter(({ path }) => !path.endsWith("_test.ts")).flatMap((file) =>
    importsOf(file).flatMap(({ target }) => {
      const { path } = file;
      if (/^(\.\.\/tests\/|tests\/)/.test(target)) {
        return [`${path} imports ${target}, which is for tests only`];
      }
      if (!target.endsWith(".ts") || target.startsWith("functions/_shared/")) return [];
      if (target.startsWith("../")) return [`${path} imports ${target}, which is no part of the stack`];
      const [own, other] = [roomOf(path), roomOf(target)];
      if (own === other || rooms[own]?.includes(other)) return [];
      if (path === "stack.ts" && other === "page") return [];
      return [`${path} (${own}) imports ${target} (${other})`];
    })
  );
}

function roomOf(path: string): string {
  const folder = posix.dirname(path).split("/")[0] ?? ".";
  return folder === "" ? "." : folder;
}

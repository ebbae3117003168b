import { posix } from "node:path";

/** A file of the functions: its path from `supabase/functions`, and what it says. */
export interface Source {
  path: string;
  text: string;
}

export interface Import {
  /** A path from `supabase/functions` (`../` leads out of it), or a name of the import map or the platform. */
  target: string;
  kind: "static" | "type" | "dynamic";
}

const adapters = ["ai", "db", "queue", "twilio"];
const ports = "_shared/app/ports/";

/** What may be imported from where; `packages` says whether anything outside the project may be. */
const arrows: Record<string, { layers: string[]; packages: boolean }> = {
  domain: { layers: ["domain"], packages: false },
  app: { layers: ["app", "domain", "runtime"], packages: false },
  runtime: { layers: ["runtime"], packages: true },
  ...Object.fromEntries(
    adapters.map((layer) => [layer, { layers: [layer, "domain", "ports", "runtime"], packages: true }]),
  ),
  deployment: { layers: ["app", "domain", "runtime", ...adapters], packages: true },
  handler: { layers: ["handler", "app", "domain", "runtime", "twilio"], packages: true },
  index: { layers: ["handler", "deployment"], packages: false },
};

const onlyForWorkers = /^(npm:)?(bullmq|ioredis|@aws-sdk\/|node:sqlite|better-sqlite3|sqlite)/;
const onlyOfWorkers = /^_shared\/queue\/(bullmq|sqs|sqlite)/;

export function isTest(path: string): boolean {
  return path.endsWith("_test.ts") || path.startsWith("tests/");
}

/** Every broken rule of the design's layout, as a sentence; none when all is well. Tests may do what they like. */
export function violations(sources: Source[]): string[] {
  const files = new Map(sources.filter(({ path }) => !isTest(path)).map((file) => [file.path, file]));
  return [...files.values()].flatMap((file) => [
    ...brokenArrows(file),
    ...brokenHabits(file),
    ...(isIndex(file.path) ? heavyImports(file.path, files) : []),
  ]);
}

function brokenArrows({ path, text }: Source): string[] {
  const layer = layerOf(path);
  const arrow = arrows[layer];
  if (!arrow) return [`${path} belongs to no layer`];
  return importsOf({ path, text }).flatMap(({ target }) => {
    if (target.startsWith("../")) return [`${path} imports ${target}, which is no part of the functions`];
    if (!target.endsWith(".ts")) {
      if (/^(npm|jsr|https?):/.test(target)) return [`${path} imports ${target} past the import map`];
      return arrow.packages ? [] : [`${path} imports the package ${target}`];
    }
    const own = layerOf(target);
    const foreign = own === "handler" && posix.dirname(target) !== posix.dirname(path);
    const allowed = arrow.layers.includes(own) ||
      (arrow.layers.includes("ports") && target.startsWith(ports));
    return allowed && !foreign ? [] : [`${path} (${layer}) imports ${target} (${own})`];
  });
}

function brokenHabits({ path, text }: Source): string[] {
  const code = withoutComments(text);
  const reads =
    /\bDeno\s*\.\s*env\b|\bprocess\s*\.\s*env\b|\{[^}]*\benv\b[^}]*\}\s*=\s*Deno\b|["']node:process["']/;
  return [
    ...(!isIndex(path) && reads.test(code) ? [`${path} reads the environment`] : []),
    ...(/\bimport\s*\((?!\s*(["'])[^"'\n]+\1\s*,?\s*\))/.test(code) ? [`${path} computes an import`] : []),
  ];
}

/** What a bundle of this function would carry although it must not, or carry too early. */
function heavyImports(index: string, files: Map<string, Source>): string[] {
  const uploaded = [...closureOf(index, files, ["static", "type", "dynamic"])];
  const atStart = [...closureOf(index, files, ["static"])];
  return [
    ...uploaded.filter((target) => onlyForWorkers.test(target) || onlyOfWorkers.test(target))
      .map((target) => `${index} carries ${target}, which is for workers only`),
    ...atStart.filter((target) => target === "openai").map(() =>
      `${index} loads openai before the first request`
    ),
  ];
}

/** All that a file reaches by these kinds of import, itself included. */
export function closureOf(path: string, files: Map<string, Source>, kinds: Import["kind"][]): Set<string> {
  const reached = new Set([path]);
  for (const each of reached) {
    const file = files.get(each);
    if (!file) continue;
    for (const { target, kind } of importsOf(file)) {
      if (kinds.includes(kind)) reached.add(target);
    }
  }
  return reached;
}

export function importsOf({ path, text }: Source): Import[] {
  const code = withoutComments(text);
  const declared = code.matchAll(
    /(?:^|[;\n])\s*(?:import|export)\s+(type\s+)?(?:[\w$*{}\s,]+?\s*\bfrom\s*)?["']([^"'\n]+)["']/g,
  );
  const called = code.matchAll(/\bimport\s*\(\s*(["'])([^"'\n]+)\1/g);
  const found = [
    ...[...declared].map(([, type, name = ""]) => ({ name, kind: type ? "type" : "static" } as const)),
    ...[...called].map(([, , name = ""]) => ({ name, kind: "dynamic" } as const)),
  ];
  return found.map(({ name, kind }) => ({
    target: name.startsWith(".") ? posix.join(posix.dirname(path), name) : name,
    kind,
  }));
}

/** Strings stay; what stands in a template is left alone, for no import does. */
function withoutComments(text: string): string {
  const part = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return text.replace(part, (_, quoted?: string) => quoted ?? " ");
}

function isIndex(path: string): boolean {
  return /^[^_/][^/]*\/index\.ts$/.test(path);
}

function layerOf(path: string): string {
  if (path === "_shared/deployment.ts") return "deployment";
  if (isIndex(path)) return "index";
  const [first = "", second = "", ...rest] = path.split("/");
  if (first === "_shared") return rest.length > 0 ? second : "none";
  return second.endsWith(".ts") && first !== "tests" ? "handler" : "none";
}

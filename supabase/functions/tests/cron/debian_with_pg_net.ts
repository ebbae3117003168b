import { fileURLToPath } from "node:url";
import type { PostgresBinaries } from "stack/postgres/binaries.ts";

const standIn = fileURLToPath(new URL("./pg_net/", import.meta.url));

/**
 * Debian's PostgreSQL 15 with what is installed there, and with an extension of the name pg_net, which Debian has not: our own
 * stand-in. A server looks for extensions beside its own program, so the programs are copied into `folder`, all else linked:
 * nothing is written outside of it.
 */
export async function debianWithPgNet(folder: string): Promise<PostgresBinaries> {
  const [bin, share] = [`${folder}/lib/postgresql/15/bin`, `${folder}/share/postgresql/15`];
  await Deno.mkdir(bin, { recursive: true });
  for (const program of ["initdb", "postgres"]) {
    await Deno.copyFile(`/usr/lib/postgresql/15/bin/${program}`, `${bin}/${program}`);
  }
  await Deno.symlink("/usr/lib/postgresql/15/lib", `${folder}/lib/postgresql/15/lib`);
  await linkAll("/usr/share/postgresql/15", share, ({ name }) => name !== "extension");
  await linkAll("/usr/share/postgresql/15/extension", `${share}/extension`, () => true);
  // Copied, not linked: another user may run the server.
  for await (const { name } of Deno.readDir(standIn)) {
    await Deno.copyFile(`${standIn}${name}`, `${share}/extension/${name}`);
  }
  return { initdb: `${bin}/initdb`, postgres: `${bin}/postgres`, majorVersion: 15 };
}

async function linkAll(from: string, to: string, isWanted: (entry: Deno.DirEntry) => boolean): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    if (isWanted(entry)) await Deno.symlink(`${from}/${entry.name}`, `${to}/${entry.name}`);
  }
}

import { spawnGuarded } from "stack/processes/guarded_process.ts";

/** Under Deno its native packages are not found, hence npx. */
const version = "3.1.0";

/** Runs the Supabase CLI in a project's folder. */
export async function supabaseCli(
  args: string[],
  { project }: { project: string },
): Promise<{ success: boolean; output: string }> {
  const said: string[] = [];
  const cli = spawnGuarded({
    command: "npx",
    args: ["-y", `supabase@${version}`, ...args, "--workdir", project],
    cwd: project,
    // It only has to look like a token.
    env: { SUPABASE_ACCESS_TOKEN: `sbp_${"0123456789".repeat(4)}`, NO_COLOR: "1" },
    onLine: ({ text }) => said.push(text),
  });
  const { success } = await cli.status;
  return { success, output: said.join("\n") };
}

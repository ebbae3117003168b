import { AppError } from "../../supabase/functions/_shared/runtime/errors.ts";

/** Makes the folder, empty when `fresh`. Throws `data_folder_unusable`. */
export async function prepareDataFolder(path: string, { fresh }: { fresh: boolean }): Promise<void> {
  try {
    if (fresh) await removeIfThere(path);
    await Deno.mkdir(path, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("data_folder_unusable", `The data folder cannot be used: ${reason}.`, { cause });
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
}

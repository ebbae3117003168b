/** One file of the declared schema. */
export interface SchemaFile {
  /** From the folder of the schema, with its context. */
  name: string;
  sql: string;
}

const schemaFolder = new URL("../../supabase/schemas/", import.meta.url);

/** Every SQL file of `supabase/schemas`, in the order of the names. */
export async function readSchemaFiles(folder = schemaFolder): Promise<SchemaFile[]> {
  const files: SchemaFile[] = [];
  for await (const context of Deno.readDir(folder)) {
    if (!context.isDirectory) continue;
    for await (const { name } of Deno.readDir(new URL(`${context.name}/`, folder))) {
      if (!name.endsWith(".sql")) continue;
      const path = `${context.name}/${name}`;
      files.push({ name: path, sql: await Deno.readTextFile(new URL(path, folder)) });
    }
  }
  return files.sort((a, b) => a.name < b.name ? -1 : 1);
}

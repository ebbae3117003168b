/** One function as the Supabase CLI uploads it. */
export interface Upload {
  slug: string;
  entrypoint: string;
  importMap: string | null;
  verifyJwt: boolean;
  /** By the path that the CLI gives them. */
  files: Map<string, string>;
}

export interface ManagementApi extends AsyncDisposable {
  readonly uploads: Upload[];
}

/** Where the CLI's profile `supabase-local` expects the API; it cannot be told another place. */
const port = 8080;

/** Stands in for Supabase's management API as far as `functions deploy --use-api` goes. */
export function startManagementApi(): ManagementApi {
  const uploads: Upload[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method !== "POST" || !pathname.endsWith("/functions/deploy")) return Response.json([]);
    const slug = searchParams.get("slug") ?? "";
    uploads.push(await readUpload(slug, await request.formData()));
    const now = Date.now();
    const deployed = { id: crypto.randomUUID(), slug, name: slug, version: uploads.length, status: "ACTIVE" };
    return Response.json({ ...deployed, created_at: now, updated_at: now }, { status: 201 });
  });
  return { uploads, [Symbol.asyncDispose]: () => server.shutdown() };
}

async function readUpload(slug: string, form: FormData): Promise<Upload> {
  const files = new Map<string, string>();
  for (const part of form.getAll("file")) {
    if (part instanceof File) files.set(part.name, await part.text());
  }
  const metadata: { entrypoint_path: string; import_map_path?: string; verify_jwt?: boolean } = JSON.parse(
    String(form.get("metadata")),
  );
  return {
    slug,
    entrypoint: metadata.entrypoint_path,
    // The CLI writes an empty path where there is none.
    importMap: metadata.import_map_path || null,
    verifyJwt: metadata.verify_jwt ?? true,
    files,
  };
}

import { stripTypeScriptTypes } from "node:module";

const types: Record<string, string> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  ts: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  jpg: "image/jpeg",
};

const folder = new URL("./web/", import.meta.url);

/** A file of the page. Modules are written in TypeScript and served without their types, so there is nothing to build. */
export async function pageFile(pathname: string): Promise<Response> {
  const name = pathname === "/" ? "index.html" : pathname.slice(1);
  const [, extension = ""] = /^[\w-]+\.(\w+)$/.exec(name) ?? [];
  const type = types[extension];
  if (type === undefined) return new Response("Not found", { status: 404 });
  try {
    const bytes = await Deno.readFile(new URL(name, folder));
    const body = extension === "ts" ? stripTypeScriptTypes(new TextDecoder().decode(bytes)) : bytes;
    return new Response(body, { headers: { "content-type": type, "cache-control": "no-cache" } });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Response("Not found", { status: 404 });
    throw error;
  }
}

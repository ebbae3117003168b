import { fieldsOf } from "../json.ts";

/** Of a refusal the client keeps only what stands under `error`, and there `keepRefusals` puts the whole body. */
const place = "body";

/** A fetch whose refused requests keep their body, whatever its shape, in the error that the client throws. */
export function keepRefusals(fetcher: typeof fetch): typeof fetch {
  return async (input, init) => {
    const response = await fetcher(input, init);
    if (response.ok || response.status === 304) return response;
    const headers = [...response.headers].filter(([name]) => !/^content-/i.test(name));
    return Response.json({ error: { [place]: await response.text() } }, { status: response.status, headers });
  };
}

/** The body that was kept, from the `error` of what the client threw; null when there was none. */
export function keptBody(error: unknown): string | null {
  const body = fieldsOf(error)[place];
  return typeof body === "string" ? body : null;
}

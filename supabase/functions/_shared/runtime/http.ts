import { AppError } from "./errors.ts";

/** A refusal with a status of its own: thrown at the edge, answered by the handler. */
export class HttpError extends AppError {
  readonly status: number;

  constructor(status: number, code: string, message: string, cause?: unknown) {
    super(code, message, { retryable: status >= 500, cause });
    this.status = status;
  }
}

export function json(status: number, body: unknown, headers: HeadersInit = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
  });
}

/** Stable for programs, readable for people. */
export function errorResponse(error: HttpError, requestId: string, headers: HeadersInit = {}): Response {
  const { code, message, status } = error;
  return json(status, { error: { code, message, request_id: requestId } }, headers);
}

/** The id that Supabase's gateway gives a request, or one of our own. */
export function requestIdOf(request: Request): string {
  return request.headers.get("sb-request-id") ?? request.headers.get("x-request-id") ?? crypto.randomUUID();
}

/** The body as text, refused (413) as soon as it is past `limit` bytes, and when it is not UTF-8 (400). */
export async function readText(request: Request, limit: number): Promise<string> {
  const tooLarge = () => new HttpError(413, "body_too_large", `The body is larger than ${limit} bytes.`);
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge();

  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new HttpError(400, "body_not_utf8", "The body is not UTF-8.", cause);
  }
}

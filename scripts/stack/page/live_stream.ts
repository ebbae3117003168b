import type { PageUpdate } from "./wire.ts";

/** Server-sent events to every open page. */
export function createLiveStream() {
  const pages = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const encoder = new TextEncoder();
  const write = (text: string) => {
    for (const page of pages) page.enqueue(encoder.encode(text));
  };
  return {
    send: (update: PageUpdate) => write(`data: ${JSON.stringify(update)}\n\n`),
    /** Keeps idle connections open, and finds out which are gone. */
    ping: () => write(": ping\n\n"),
    open(onClosed: () => void = () => {}): Response {
      let page: ReadableStreamDefaultController<Uint8Array>;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          page = controller;
          pages.add(controller);
          controller.enqueue(encoder.encode("retry: 1000\n\n"));
        },
        cancel() {
          pages.delete(page);
          onClosed();
        },
      });
      return new Response(body, {
        headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
      });
    },
    close(): void {
      for (const page of pages) page.close();
      pages.clear();
    },
  };
}

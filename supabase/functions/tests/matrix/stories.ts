import { test } from "node:test";

export interface Stories {
  /** A test whose body runs beside all others of its file: it has customers of its own, and mostly waits. */
  story(name: string, body: () => Promise<void>): void;
  /** Starts them all; to be called once, when everything they need is there. */
  begin(): void;
}

export function createStories(): Stories {
  const bodies: { name: string; body: () => Promise<void> }[] = [];
  const outcomes = new Map<string, Promise<{ error: unknown } | null>>();
  return {
    story: (name, body) => {
      bodies.push({ name, body });
      test(name, async () => {
        const failed = await outcomes.get(name);
        if (failed) throw failed.error;
      });
    },
    begin: () => {
      for (const { name, body } of bodies) {
        outcomes.set(name, body().then(() => null, (error: unknown) => ({ error })));
      }
    },
  };
}

import { test } from "node:test";

export interface Stories {
  /** A test whose body runs beside others of its file: it has customers of its own, and mostly waits. */
  story(name: string, body: () => Promise<void>): void;
  /** Starts them, a few at a time, in their order; to be called once, when everything they need is there. */
  begin(): void;
}

const atOnce = 6;

export function createStories(): Stories {
  const stories: { body: () => Promise<void>; told: PromiseWithResolvers<void> }[] = [];
  return {
    story: (name, body) => {
      const told = Promise.withResolvers<void>();
      told.promise.catch(() => {});
      stories.push({ body, told });
      test(name, () => told.promise);
    },
    begin: () => {
      const left = [...stories];
      const tell = async () => {
        for (let story = left.shift(); story; story = left.shift()) {
          await story.body().then(story.told.resolve, story.told.reject);
        }
      };
      for (let lane = 0; lane < atOnce; lane++) void tell();
    },
  };
}

import { AppError } from "functions/_shared/runtime/errors.ts";

export interface WaitOptions {
  /** How long to wait before giving up, a minute unless told: patience costs nothing when the thing comes. */
  timeoutMs?: number;
  /** What is waited for, in words; the predicate's own text unless told. */
  what?: string;
  /** Ends the waiting early, with its reason. */
  signal?: AbortSignal;
}

export interface ArrivalsOptions<T> {
  /** Beyond it the oldest items are forgotten. */
  limit?: number;
  /** One item in a few words, for the message of a wait in vain. */
  describe?: (item: T) => string;
}

const shownItems = 12;

/** Things in the order they came, to be listed, followed and waited for. */
export class Arrivals<T> {
  readonly #name: string;
  readonly #limit: number;
  readonly #describe: ((item: T) => string) | null;
  readonly #items: T[] = [];
  readonly #listeners = new Set<(item: T) => void>();

  /** `name` names an item in a time-out's message. */
  constructor(name: string, { limit = Infinity, describe }: ArrivalsOptions<T> = {}) {
    this.#name = name;
    this.#limit = limit;
    this.#describe = describe ?? null;
  }

  add(item: T): void {
    this.#items.push(item);
    if (this.#items.length > this.#limit) this.#items.shift();
    for (const listener of [...this.#listeners]) listener(item);
  }

  all(): T[] {
    return [...this.#items];
  }

  subscribe(listener: (item: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** All items, once there are `count` of them. AppError `wait_timed_out`. */
  reached(count: number, options: WaitOptions = {}): Promise<T[]> {
    return this.#until(
      () => this.#items.length >= count ? this.all() : null,
      { what: `${count} × ${this.#name}`, ...options },
    );
  }

  /** The first item that satisfies the predicate, a past one included. AppError `wait_timed_out`. */
  first(predicate: (item: T) => boolean, options: WaitOptions = {}): Promise<T> {
    const found = () => {
      const item = this.#items.find(predicate);
      return item === undefined ? null : { item };
    };
    const what = `a ${this.#name} with ${String(predicate).replace(/\s+/g, " ").slice(0, 200)}`;
    return this.#until(found, { what, ...options }).then(({ item }) => item);
  }

  #until<R>(look: () => R | null, options: WaitOptions & { what: string }): Promise<R> {
    const { timeoutMs = 60_000, what, signal } = options;
    const already = look();
    if (already !== null) return Promise.resolve(already);
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", ended);
        unsubscribe();
      };
      const giveUp = (why: string, cause?: unknown) => {
        stop();
        reject(new AppError("wait_timed_out", `${why} for ${what}. ${this.#instead()}`, { cause }));
      };
      const ended = () =>
        giveUp(`${signal?.reason?.message ?? "The end came"} while waiting`, signal?.reason);
      const timer = setTimeout(() => giveUp(`Waited ${timeoutMs} ms in vain`), timeoutMs);
      const unsubscribe = this.subscribe(() => {
        const result = look();
        if (result === null) return;
        stop();
        resolve(result);
      });
      signal?.addEventListener("abort", ended);
      if (signal?.aborted) ended();
    });
  }

  #instead(): string {
    const count = `There are ${this.#items.length}`;
    if (this.#describe === null || this.#items.length === 0) return `${count}.`;
    return `${count}, the last ones: ${this.#items.slice(-shownItems).map(this.#describe).join("; ")}.`;
  }
}

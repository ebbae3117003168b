import { AppError } from "../../../supabase/functions/_shared/runtime/errors.ts";

export interface WaitOptions {
  /** How long to wait before giving up, 10,000 ms unless told. */
  timeoutMs?: number;
}

/** Things in the order they came, to be listed, followed and waited for. */
export class Arrivals<T> {
  readonly #what: string;
  readonly #limit: number;
  readonly #items: T[] = [];
  readonly #listeners = new Set<(item: T) => void>();

  /** `what` names an item in a time-out's message. Beyond `limit` the oldest items are forgotten. */
  constructor(what: string, limit = Infinity) {
    this.#what = what;
    this.#limit = limit;
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

  /** All items, once there are `count` of them. */
  reached(count: number, options: WaitOptions = {}): Promise<T[]> {
    return this.#until(
      () => this.#items.length >= count ? this.all() : null,
      `${count} × ${this.#what}`,
      options,
    );
  }

  /** The first item that satisfies the predicate, a past one included. */
  first(predicate: (item: T) => boolean, options: WaitOptions = {}): Promise<T> {
    const found = () => {
      const item = this.#items.find(predicate);
      return item === undefined ? null : { item };
    };
    return this.#until(found, `such a ${this.#what}`, options).then(({ item }) => item);
  }

  #until<R>(look: () => R | null, wanted: string, { timeoutMs = 10_000 }: WaitOptions): Promise<R> {
    const already = look();
    if (already !== null) return Promise.resolve(already);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stop();
        const detail = `Waited ${timeoutMs} ms in vain for ${wanted}; there are ${this.#items.length}.`;
        reject(new AppError("wait_timed_out", detail));
      }, timeoutMs);
      const stop = this.subscribe(() => {
        const result = look();
        if (result === null) return;
        clearTimeout(timer);
        stop();
        resolve(result);
      });
    });
  }
}

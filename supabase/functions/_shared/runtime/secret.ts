const shown = "[redacted]";

/** A value that no log line, error message, JSON or inspection shows; only `reveal` gives it. */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return shown;
  }

  [Symbol.for("Deno.customInspect")](): string {
    return shown;
  }
}

/** Every error Recado raises itself: a stable `code` for programs, `retryable` for whoever may try again, and the cause. */
export class AppError extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/**
 * For the branch that no known outcome takes: whoever works on `answer` stops instead of going round for ever. AppError
 * `unexpected_outcome`.
 */
export function unexpected(source: string, answer: never): never {
  throw new AppError(
    "unexpected_outcome",
    `${source} gave what is not known here: ${JSON.stringify(answer)}`,
  );
}

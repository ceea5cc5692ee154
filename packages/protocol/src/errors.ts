import type { WireError } from './generated/messages.js';

/** Areas that error codes name (`MOTIA_<AREA>_<CONDITION>`). Modules of others choose their own. */
export type ErrorArea =
  | 'ENGINE' | 'REST' | 'STREAM' | 'STATE' | 'QUEUE' | 'CRON' | 'OTEL' | 'EXEC' | 'SDK' | 'STORE' | 'PROTOCOL' | 'WORKER' | 'CONSOLE' | 'PUBSUB'
  | (string & Record<never, never>);

/** One row of an error catalog. */
export interface ErrorEntry<D = unknown> {
  /** HTTP status shown where the error reaches an HTTP client. */
  readonly status: number;
  /** Whether the same call may succeed later without being changed. */
  readonly retryable: boolean;
  /** First version that had the code. Codes are never reused. */
  readonly since: string;
  /** What happened, from typed details. */
  readonly message: (details: D) => string;
  /** What the reader can do about it, one line. */
  readonly remedy: string;
}
export type ErrorCatalog = Readonly<Record<string, ErrorEntry<never>>>;

export interface MotiaErrorInit {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly retryable?: boolean | undefined;
  readonly status?: number | undefined;
  readonly details?: unknown;
  readonly cause?: unknown;
  /** A stack from another process, shown instead of ours. */
  readonly stack?: string | undefined;
}

const brand = Symbol.for('motia.MotiaError');

/** The one error class of the product. Compare by `code` (or `isMotiaError`), never by `instanceof` across packages. */
export class MotiaError extends Error {
  readonly [brand] = true;
  readonly code: string;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly status: number;
  readonly details: unknown;

  constructor(init: MotiaErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'MotiaError';
    this.code = init.code;
    this.hint = init.hint;
    this.retryable = init.retryable ?? false;
    this.status = init.status ?? 500;
    this.details = init.details;
    if (init.stack !== undefined) this.stack = init.stack;
  }

  /** The JSON form shared by logs, REST bodies and JSON-RPC `error.data`. Never holds the cause. */
  toWire(): WireError {
    return {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      status: this.status,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}

/** Narrows an unknown thrown value; with `code`, only that condition. */
export function isMotiaError(error: unknown, code?: string): error is MotiaError {
  return typeof error === 'object' && error !== null && brand in error && (code === undefined || (error as MotiaError).code === code);
}

/** The message of anything that was thrown: of an error of whichever realm its own, of all else what it reads as. Never throws itself, whatever getters, `toString` or prototype do. */
export function messageOf(thrown: unknown): string {
  try {
    // Not by its class: native parts make errors of the context that loaded them first.
    const message: unknown = typeof thrown === 'object' && thrown !== null ? (thrown as { readonly message?: unknown }).message : undefined;
    return typeof message === 'string' ? message : String(thrown);
  } catch {
    return 'something that cannot be read was thrown';
  }
}

/** Rebuilds an error that came over the wire. */
export function fromWireError(wire: WireError): MotiaError {
  return new MotiaError(wire);
}

export type ErrorFactories<C> = {
  readonly [K in keyof C]: C[K] extends ErrorEntry<infer D> ? (details: D, cause?: unknown) => MotiaError : never;
};

/**
 * Turns a catalog into one factory per condition: `errors.FUNCTION_NOT_FOUND({ functionId })`.
 * The visible code is `MOTIA_<area>_<key>`. The catalog itself stays readable for docs and tests.
 */
export function defineErrors<C extends Record<string, ErrorEntry<never>>>(area: ErrorArea, catalog: C): ErrorFactories<C> & { readonly $area: ErrorArea; readonly $catalog: C } {
  const factories: Record<string, unknown> = { $area: area, $catalog: catalog };
  for (const [condition, entry] of Object.entries(catalog)) {
    factories[condition] = (details: never, cause?: unknown) =>
      new MotiaError({
        code: `MOTIA_${area}_${condition}`,
        message: entry.message(details),
        hint: entry.remedy,
        retryable: entry.retryable,
        status: entry.status,
        details,
        cause,
      });
  }
  return factories as ErrorFactories<C> & { readonly $area: ErrorArea; readonly $catalog: C };
}

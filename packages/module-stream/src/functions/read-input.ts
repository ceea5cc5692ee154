import { streamErrors } from '../errors.js';
import { nameProblem } from '../name.js';

/** Reads the payload of one function. Every refusal carries the code that the reference system would give. */
export class InputReader {
  readonly #functionId: string;
  readonly #input: Readonly<Record<string, unknown>>;

  /** @throws `MOTIA_STREAM_INVALID_INPUT` */
  constructor(functionId: string, payload: unknown) {
    this.#functionId = functionId;
    if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) throw this.#invalid('the input', 'is not an object');
    this.#input = payload as Readonly<Record<string, unknown>>;
  }

  /** @throws `MOTIA_STREAM_INVALID_INPUT` */
  name(field: string): string {
    const value = this.#own(field);
    const problem = nameProblem(value);
    if (problem !== undefined) throw this.#invalid(field, problem);
    return value as string;
  }

  /** Absent and null are the same. @throws `MOTIA_STREAM_INVALID_INPUT` */
  optionalName(field: string): string | undefined {
    return (this.#own(field) ?? undefined) === undefined ? undefined : this.name(field);
  }

  /** A whole number within a range. Absent and null are the same. @throws `MOTIA_STREAM_INVALID_INPUT` */
  optionalInteger(field: string, { min, max }: { readonly min: number; readonly max: number }): number | undefined {
    const value = this.#own(field) ?? undefined;
    if (value === undefined || (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max)) return value;
    throw this.#invalid(field, `is not a whole number from ${min} to ${max}`);
  }

  /** Absent and null are the same. @throws `MOTIA_STREAM_INVALID_INPUT` */
  optionalText(field: string): string | undefined {
    const value = this.#own(field) ?? undefined;
    if (value === undefined || typeof value === 'string') return value;
    throw this.#invalid(field, 'is not a text');
  }

  /** Under its name in snake_case or camelCase; absent and null are false. @throws `MOTIA_STREAM_INVALID_INPUT` */
  flag(field: string, camelCase: string): boolean {
    const value = this.#own(field) ?? this.#own(camelCase) ?? false;
    if (typeof value === 'boolean') return value;
    throw this.#invalid(field, 'is neither true nor false');
  }

  /** As it came: whoever uses it looks at it. */
  raw(field: string): unknown {
    return this.#own(field);
  }

  #own(field: string): unknown {
    return Object.hasOwn(this.#input, field) ? this.#input[field] : undefined;
  }

  #invalid(field: string, problem: string): Error {
    return streamErrors.INVALID_INPUT({ functionId: this.#functionId, field, problem, legacyCode: 'JSON_ERROR' });
  }
}

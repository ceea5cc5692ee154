import { nearestNames } from '@motia/engine-core';
import type { MotiaError } from '@motia/engine-core/contract';
import { streamErrors } from '../errors.js';

/** The streams that clients may join: those of a list, or all when there is none. */
export class StreamList {
  readonly #names: ReadonlySet<string> | undefined;

  constructor(names: readonly string[] | undefined) {
    this.#names = names === undefined ? undefined : new Set(names);
  }

  problemWith(stream: string): MotiaError | undefined {
    if (this.#names === undefined || this.#names.has(stream)) return undefined;
    const [nearest] = nearestNames(stream, [...this.#names]);
    return streamErrors.STREAM_NOT_FOUND({ stream, ...(nearest === undefined ? {} : { nearest }) });
  }
}

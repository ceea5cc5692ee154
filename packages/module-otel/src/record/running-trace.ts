import { hexWord } from './hex-word.js';

/** What the spans of a trace that run in this engine share while they run. */
export class RunningTrace {
  /** Spans that have ended. */
  spans = 0;
  /** One of them failed, or a root of it was slow. */
  isNotable = false;

  /** The id as 32 digits, and the same as four words. */
  constructor(readonly id: string, readonly isInternal: boolean, readonly word0: number, readonly word1: number, readonly word2: number, readonly word3: number) {}

  static of(id: string, isInternal: boolean): RunningTrace {
    return new RunningTrace(id, isInternal, hexWord(id, 0), hexWord(id, 8), hexWord(id, 16), hexWord(id, 24));
  }
}

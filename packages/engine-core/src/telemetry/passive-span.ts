import type { TraceContext } from '@motia/protocol';
import type { OpenSpan } from '../contract/telemetry.js';

/** A span that nobody records: it carries the context of its trace on. */
export class PassiveSpan implements OpenSpan {
  readonly context: TraceContext;
  readonly isRecording = false;

  constructor(context: TraceContext) {
    this.context = context;
  }

  setAttribute(): void {
    // Nobody records.
  }

  event(): void {
    // Nobody records.
  }

  end(): void {
    // Nobody records.
  }
}

import type { OpenSpan, TraceContext } from '@motia/engine-core/contract';

/** A span of a trace that is not recorded: it carries the context on. */
export class PassiveSpan implements OpenSpan {
  readonly context: TraceContext;
  readonly isRecording = false;

  constructor(context: TraceContext) {
    this.context = context;
  }

  setAttribute(): void {
    // The trace was sampled out.
  }

  event(): void {
    // The trace was sampled out.
  }

  end(): void {
    // The trace was sampled out.
  }
}

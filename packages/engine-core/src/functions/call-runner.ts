import type { Endpoint, FunctionSpec } from '@motia/protocol';
import type { Call } from './call.js';

/** A worker as the invoker sees it: somewhere to send a call. */
export interface CallRunner {
  readonly id: string;
  /** For messages: label and id. */
  readonly label: string;
  readonly endpoint: Pick<Endpoint, 'invoke'>;
  /** False while it has all the calls, or bytes of calls, that it may have. */
  readonly hasRoom: boolean;
  /** Calls sent and not answered. The least busy worker of a pool gets the next call. */
  readonly inFlight: number;
  /** Before the frame is sent, so that an answer or a nested call in the same turn finds it. */
  callStarted(call: Call): void;
  callEnded(call: Call, nowMs: number): void;
}

/** A worker, or what is remembered of one, as the holder of registrations. Newer generations win where two differ. */
export interface FunctionHolder extends CallRunner {
  readonly owner: string;
  /** Order in which holders went live, over all owners. */
  readonly sequence: number;
}

/** One function of one holder. */
export interface HeldFunction {
  readonly holder: FunctionHolder;
  readonly spec: FunctionSpec;
}

import type { MotiaError } from '@motia/engine-core/contract';
import type { Place } from '../delivery/frame-text.js';

/** One subscription of one connected client. */
export interface Member {
  /** Of this subscription alone, in every engine. */
  readonly sessionId: string;
  /** The client's own name for it. */
  readonly subscriptionId: string;
  readonly place: Place;
  /** What the authentication function said of the client. */
  readonly context: unknown;
}

/** Who follows what: onJoin is asked before anything is sent, onLeave told once. */
export interface Presence {
  /** Resolves with the reason why the member is refused, undefined when it may join. Never rejects. */
  join(member: Member): Promise<MotiaError | undefined>;
  /** For members that joined, exactly once. Never throws. */
  leave(member: Member): void;
}

import { delay } from '@motia/engine-core';
import { isMotiaError, messageOf, type Clock, type Logger } from '@motia/engine-core/contract';

const retryMs = 1_000;

export interface PersistParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Fires when the engine stops: then nothing is tried again. */
  readonly stopped: AbortSignal;
}

/**
 * What has happened must be written, also when the disk is full for a while: tried again every second until it is, or the
 * engine stops; then whoever looks next finds a run whose engine is gone. Undefined when it could not be written.
 */
export async function persist<T>({ clock, logger, stopped }: PersistParts, what: string, write: () => Promise<T>): Promise<T | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      const reason = messageOf(error);
      if (stopped.aborted || (isMotiaError(error) && !error.retryable)) {
        logger.warn('The end of a cron run was not recorded', { what, reason });
        return undefined;
      }
      if (attempt === 1) logger.error('The end of a cron run cannot be recorded; trying until it can', { what, reason });
      await delay(clock, retryMs, stopped);
    }
  }
}

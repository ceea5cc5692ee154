import type { Clock, Timer } from '../contract/clock.js';
import { engineErrors } from '../errors.js';
import { isMotiaError, messageOf } from '@motia/protocol';

export interface PhaseOptions {
  readonly clock: Clock;
  /** Who is at work, for the error. */
  readonly module: string;
  readonly phase: 'create' | 'start' | 'drain' | 'stop';
  /** `Infinity` for no deadline. */
  readonly timeoutMs: number;
}

/**
 * Runs one lifecycle step of one plugin under a deadline that the host owns.
 * @param onLate gets the result of a step that ended after its deadline, to let go of what it made
 * @throws `MOTIA_ENGINE_PHASE_TIMEOUT`, or `MOTIA_ENGINE_MODULE_FAILED` with the plugin's own error as cause; an error
 *   that has a code already is thrown as it is
 */
export function runPhase<T>(options: PhaseOptions, step: () => Promise<T> | T, onLate?: (result: T) => void): Promise<T> {
  const { clock, module, phase, timeoutMs } = options;
  return new Promise<T>((resolve, reject) => {
    let isLate = false;
    const onDeadline = (): void => {
      isLate = true;
      reject(engineErrors.PHASE_TIMEOUT({ module, phase, timeoutMs }));
    };
    const timer: Timer | undefined = Number.isFinite(timeoutMs) ? clock.setTimeout(onDeadline, timeoutMs) : undefined;
    // An async function, so that a plugin that throws at once is treated like one that rejects.
    void (async () => step())().then(
      (result) => {
        clock.clear(timer);
        if (isLate) onLate?.(result);
        else resolve(result);
      },
      (error: unknown) => {
        clock.clear(timer);
        reject(isMotiaError(error) ? error : engineErrors.MODULE_FAILED({ module, phase, reason: messageOf(error) }, error));
      },
    );
  });
}

import type { Clock } from '@motia/engine-core/contract';
import type { OutputLines } from './output-lines.js';
import type { ProcessGroup } from './process-group.js';
import { reapMs } from './stop-ladder.js';
import { settlesWithin } from './wait.js';

export interface FinishOptions {
  /** An error is about to show the last lines. */
  readonly isReported?: boolean;
  /** Aborts to wait no longer. */
  readonly hurry?: AbortSignal;
}

/**
 * For a group that is gone: reads what is still in its pipes, shows the last line, lets go of the pipes. They end by
 * themselves, unless a process that escaped holds them: that one is given as long as the last rung of the ladder.
 */
export async function finishOutput(clock: Clock, group: Pick<ProcessGroup, 'stdout' | 'stderr' | 'input'>, output: OutputLines, { hurry, ...options }: FinishOptions = {}): Promise<void> {
  const open = [group.stdout, group.stderr].filter((stream) => !stream.readableEnded && !stream.destroyed);
  const ends = open.map((stream) => new Promise<void>((resolve) => stream.once('close', () => resolve())));
  // Whoever paused it may not come back to it.
  for (const stream of open) stream.resume();
  await settlesWithin(clock, Promise.all(ends), reapMs, hurry);
  output.finish(options);
  for (const stream of [group.stdout, group.stderr, group.input]) stream?.destroy();
}

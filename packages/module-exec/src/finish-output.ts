import type { Clock } from '@motia/engine-core/contract';
import type { OutputLines } from './output-lines.js';
import type { ProcessGroup } from './process-group.js';
import { settlesWithin } from './wait.js';

/** An escaped process may hold the pipes open for ever; what it says after this is not waited for. */
const patienceMs = 250;

/** For a group that is gone: reads what is still in its pipes, shows the last line, lets go of the pipes. */
export async function finishOutput(clock: Clock, group: ProcessGroup, output: OutputLines, options: { readonly isReported?: boolean } = {}): Promise<void> {
  const open = [group.stdout, group.stderr].filter((stream) => !stream.readableEnded && !stream.destroyed);
  const ends = open.map((stream) => new Promise<void>((resolve) => stream.once('close', () => resolve())));
  await settlesWithin(clock, Promise.all(ends), patienceMs);
  output.finish(options);
  for (const stream of [group.stdout, group.stderr, group.input]) stream?.destroy();
}

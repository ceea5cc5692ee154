import type { MotiaError, WorkerHandle, WorkerRegistry } from '@motia/engine-core/contract';
import type { Replica } from './replica.js';
import type { WorkerProcess } from './worker-process.js';

export interface GenerationSetting {
  readonly workers: WorkerRegistry;
  readonly launch: (owner: string) => Promise<WorkerProcess>;
  /** Stops a process that is no longer wanted, in its own time. */
  readonly retire: (process: WorkerProcess) => Promise<unknown>;
}

/**
 * Fills the places with new processes. Workers change over without a gap: all the new ones are registered before any
 * old one leaves, the routes swap in one step, and the old ones finish their calls on the side. Processes that are
 * just supervised may hold a port that only one can have, so there the old one goes first.
 * @throws MotiaError why the new generation did not come up; the old one (of workers) serves on
 */
export async function changeOver(setting: GenerationSetting, replicas: readonly Replica[]): Promise<void> {
  const isPlain = replicas.some((replica) => replica.process?.role === 'plain');
  if (isPlain) await replaceInPlace(setting, replicas);
  else await swap(setting, replicas, await launchAll(setting, replicas));
}

async function launchAll({ launch, retire }: GenerationSetting, replicas: readonly Replica[]): Promise<readonly WorkerProcess[]> {
  const launched: WorkerProcess[] = [];
  try {
    return await Promise.all(
      replicas.map(async (replica) => {
        const process = await launch(replica.owner);
        launched.push(process);
        await process.ready;
        return process;
      }),
    );
  } catch (error) {
    // One that failed is enough: the others are of the same build.
    await Promise.all(launched.map(retire));
    throw error;
  }
}

async function swap({ workers, retire }: GenerationSetting, replicas: readonly Replica[], arriving: readonly WorkerProcess[]): Promise<void> {
  const leaving = replicas.map((replica) => replica.release());
  const serving = handlesOf(leaving).filter((handle) => handle.state === 'ready');
  try {
    // A version of which a part cannot serve is worse than the one that serves, as long as there is one.
    await workers.activate({ arriving: handlesOf(arriving), leaving: serving, mustBindAll: serving.length > 0 });
  } catch (error) {
    for (const [index, replica] of replicas.entries()) restore(replica, leaving[index], error as MotiaError, retire);
    await Promise.all(arriving.map(retire));
    throw error;
  }
  for (const [index, replica] of replicas.entries()) {
    const process = arriving[index];
    if (process !== undefined) replica.adopt(process);
  }
  for (const process of leaving) if (process !== undefined) void retire(process);
}

function restore(replica: Replica, process: WorkerProcess | undefined, error: MotiaError, retire: GenerationSetting['retire']): void {
  if (process?.role !== undefined) return replica.adopt(process);
  if (process !== undefined) void retire(process);
  replica.fail(error);
}

async function replaceInPlace({ retire }: GenerationSetting, replicas: readonly Replica[]): Promise<void> {
  await Promise.all(
    replicas.map(async (replica) => {
      const process = replica.release();
      if (process !== undefined) await retire(process);
      await replica.start();
    }),
  );
}

function handlesOf(processes: readonly (WorkerProcess | undefined)[]): readonly WorkerHandle[] {
  return processes.map((process) => process?.handle).filter((handle) => handle !== undefined);
}

import { messageOf, type Clock, type Logger, type Timer } from '@motia/engine-core/contract';
import { residentBytes } from './process-table.js';
import type { Replica } from './replica.js';

export interface MemoryLimitOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limitBytes: number;
  readonly intervalMs: number;
  readonly replicas: readonly Replica[];
  readonly recycle: (replica: Replica, reason: string) => Promise<void>;
}

const mebibyte = 1024 * 1024;

/** Looks at the resident memory of each place's processes and has a place filled anew when it is over the limit. */
export class MemoryLimit {
  #timer: Timer | undefined;
  #isLooking = false;

  constructor(private readonly options: MemoryLimitOptions) {}

  start(): void {
    this.#timer = this.options.clock.setInterval(() => void this.#look(), this.options.intervalMs);
  }

  stop(): void {
    this.options.clock.clear(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      for (const replica of this.options.replicas) await this.#check(replica);
    } catch (error) {
      // Out of file descriptors, for one.
      this.options.logger.warn('The memory of processes cannot be looked at now; it is tried again', { reason: messageOf(error) });
    } finally {
      this.#isLooking = false;
    }
  }

  async #check(replica: Replica): Promise<void> {
    const { limitBytes, logger, recycle } = this.options;
    const { process } = replica;
    if (process === undefined || replica.state !== 'ready') return;
    const bytes = await residentBytes(await process.memberPids());
    if (bytes <= limitBytes || replica.process !== process) return;
    const reason = `memory ${Math.round(bytes / mebibyte)} MiB over the limit of ${Math.round(limitBytes / mebibyte)} MiB`;
    logger.warn(`${replica.owner} is replaced: ${reason}`, { owner: replica.owner, pid: process.pid });
    // A failed change-over has been reported by then, and is tried again at the next look.
    await recycle(replica, reason).catch(() => undefined);
  }
}

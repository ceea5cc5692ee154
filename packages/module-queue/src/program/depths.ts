import type { StoreSql } from '@motia/engine-core/contract';

/** How much fuller or emptier queues get in one command, written once at its end. */
export class DepthChanges {
  readonly #changes = new Map<number, number>();

  add(queue: number, by: number): void {
    this.#changes.set(queue, (this.#changes.get(queue) ?? 0) + by);
  }

  of(queue: number): number {
    return this.#changes.get(queue) ?? 0;
  }

  write(sql: StoreSql): void {
    for (const [queue, by] of this.#changes) if (by !== 0) sql.run('UPDATE queue_queues SET depth = depth + ? WHERE id = ?', by, queue);
  }
}

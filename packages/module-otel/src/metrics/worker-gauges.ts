import type { FunctionRegistry, Measurement, Meter, Registration, WorkerRegistry } from '@motia/engine-core/contract';
import { workerDeaths, workersActive, workerSpawns } from './metric-names.js';

/** Processes that came and went, and what they say of themselves with their signs of life. */
export class WorkerGauges {
  readonly #functions: FunctionRegistry;
  readonly #registrations: Registration[];
  #latest: readonly Readonly<Record<string, unknown>>[] = [];

  constructor(meter: Meter, workers: WorkerRegistry, functions: FunctionRegistry) {
    this.#functions = functions;
    const spawns = meter.counter(workerSpawns, { description: 'Processes that connected' });
    const deaths = meter.counter(workerDeaths, { description: 'Processes that left or were lost' });
    const ofPings = (read: (metrics: Readonly<Record<string, unknown>>) => unknown) => (): readonly Measurement[] => this.#measure(read);
    this.#registrations = [
      workers.onChanged(({ event }) => {
        if (event === 'worker_connected') spawns.add(1);
        if (event === 'worker_disconnected') deaths.add(1);
      }),
      meter.gauge(workersActive, () => workers.list().filter(({ state }) => state !== 'closed').length, { description: 'Processes that are connected' }),
      meter.gauge('iii.workers.in_flight', () => workers.list().map(({ id, label, inFlight }) => ({ value: inFlight, attributes: { 'worker.id': id, 'worker.label': label } })), { description: 'Calls that a process is running' }),
      meter.gauge('iii.worker.memory.rss', ofPings((metrics) => (metrics['memory'] as { readonly rss?: unknown } | undefined)?.rss), { unit: 'By', description: 'Memory of a process' }),
      meter.gauge('iii.worker.memory.heap_used', ofPings((metrics) => (metrics['memory'] as { readonly heapUsed?: unknown } | undefined)?.heapUsed), { unit: 'By', description: 'Heap of a process in use' }),
      meter.gauge('iii.worker.event_loop.lag_ms', ofPings((metrics) => metrics['eventLoopLagMs']), { unit: 'ms', description: 'How late the event loop of a process is' }),
      meter.gauge('iii.worker.uptime_seconds', ofPings((metrics) => (typeof metrics['uptimeMs'] === 'number' ? metrics['uptimeMs'] / 1000 : undefined)), { unit: 's', description: 'Time since the start of a process' }),
    ];
  }

  /** Asks what the workers said last. Never rejects. */
  async refresh(): Promise<void> {
    try {
      // The flag 00: nobody wants a trace of this.
      const trace = { traceparent: `00-${'0'.repeat(31)}1-${'0'.repeat(15)}1-00` };
      const answer = (await this.#functions.invoke('engine::workers::list', {}, { trace })) as { readonly workers?: readonly Readonly<Record<string, unknown>>[] };
      this.#latest = answer.workers ?? [];
    } catch {
      this.#latest = [];
    }
  }

  dispose(): void {
    for (const registration of this.#registrations) registration.dispose();
  }

  #measure(read: (metrics: Readonly<Record<string, unknown>>) => unknown): readonly Measurement[] {
    return this.#latest.flatMap((worker) => {
      const metrics = worker['latest_metrics'];
      const value = typeof metrics === 'object' && metrics !== null ? read(metrics as Readonly<Record<string, unknown>>) : undefined;
      return typeof value === 'number' ? [{ value, attributes: { 'worker.id': String(worker['id']) } }] : [];
    });
  }
}

import type { Measurement, Meter, Registration, WorkerRegistry, WorkerVitals } from '@motia/engine-core/contract';
import { CpuShares } from './cpu-shares.js';
import { workerDeaths, workersActive, workerSpawns } from './metric-names.js';

/** Processes that came and went, and what they say of themselves with their signs of life. */
export class WorkerGauges {
  readonly #registrations: Registration[];

  constructor(meter: Meter, workers: WorkerRegistry) {
    const spawns = meter.counter(workerSpawns, { description: 'Processes that connected' });
    const deaths = meter.counter(workerDeaths, { description: 'Processes that left or were lost' });
    const vitals = (read: (vitals: WorkerVitals) => number | undefined) => (): readonly Measurement[] =>
      workers.list().flatMap((worker) => {
        const value = worker.vitals === undefined ? undefined : read(worker.vitals);
        return typeof value === 'number' ? [{ value, attributes: { 'worker.id': worker.id } }] : [];
      });
    const shares = new CpuShares();
    this.#registrations = [
      workers.onChanged(({ event }) => {
        if (event === 'worker_connected') spawns.add(1);
        if (event === 'worker_disconnected') deaths.add(1);
      }),
      meter.gauge(workersActive, () => workers.list().filter(({ state }) => state !== 'closed').length, { description: 'Processes that are connected' }),
      meter.gauge('iii.workers.in_flight', () => workers.list().map(({ id, label, inFlight }) => ({ value: inFlight, attributes: { 'worker.id': id, 'worker.label': label } })), { description: 'Calls that a process is running' }),
      meter.gauge('iii.worker.memory.rss', vitals(({ memory }) => memory?.rss), { unit: 'By', description: 'Memory of a process' }),
      meter.gauge('iii.worker.memory.heap_used', vitals(({ memory }) => memory?.heapUsed), { unit: 'By', description: 'Heap of a process in use' }),
      meter.gauge('iii.worker.memory.heap_total', vitals(({ memory }) => memory?.heapTotal), { unit: 'By', description: 'Heap of a process' }),
      meter.gauge('iii.worker.memory.external', vitals(({ memory }) => memory?.external), { unit: 'By', description: 'Memory of a process outside its heap' }),
      meter.gauge('iii.worker.cpu.user_micros', vitals(({ cpu }) => cpu?.userMicros), { unit: 'us', description: 'Time of a process on the processor' }),
      meter.gauge('iii.worker.cpu.system_micros', vitals(({ cpu }) => cpu?.systemMicros), { unit: 'us', description: 'Time of the system for a process on the processor' }),
      meter.gauge('iii.worker.cpu.percent', () => shares.read(workers.list()), { unit: '%', description: 'Share of one processor that a process took between its last two signs of life' }),
      meter.gauge('iii.worker.event_loop.lag_ms', vitals(({ eventLoopLagMs }) => eventLoopLagMs), { unit: 'ms', description: 'How late the event loop of a process is' }),
      meter.gauge('iii.worker.uptime_seconds', vitals(({ uptimeMs }) => uptimeMs / 1000), { unit: 's', description: 'Time since the start of a process' }),
    ];
  }

  dispose(): void {
    for (const registration of this.#registrations) registration.dispose();
  }
}

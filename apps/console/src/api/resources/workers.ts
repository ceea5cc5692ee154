import { traceIdOf } from '@motia/engine-core';
import type { HealthView, ProcessService, Telemetry, WorkerInfo, WorkerRegistry } from '@motia/engine-core/contract';
import { consoleErrors } from '../../errors.js';
import { get, post, type ApiRoute } from '../api-route.js';
import { bodyFields } from '../body-fields.js';
import { listKeys, listPage, type ListShape } from '../list-page.js';
import type { ModuleFunctions } from '../module-functions.js';

export interface WorkerParts {
  readonly workers: WorkerRegistry;
  readonly health: HealthView;
  /** Undefined when no module runs processes. */
  readonly processes: () => ProcessService | undefined;
  readonly modules: ModuleFunctions;
  readonly telemetry: Pick<Telemetry, 'startSpan'>;
}

const listed: ListShape<WorkerInfo> = {
  keyOf: ({ id }) => id, textOf: ({ id, name, label, owner, state }) => `${id} ${name} ${label} ${owner} ${state}`, timeOf: ({ connectedAt }) => connectedAt,
  sorts: { name: ({ name, label }) => name || label, connected: ({ connectedAt }) => connectedAt, in_flight: ({ inFlight }) => inFlight },
};
const processesListed: ListShape<ReturnType<ProcessService['list']>[number]> = {
  keyOf: ({ owner, command, pid }) => `${owner} ${command} ${pid ?? ''}`, textOf: ({ owner, command, state }) => `${owner} ${command} ${state}`, timeOf: ({ startedAt }) => startedAt,
  sorts: { restarts: ({ restarts }) => restarts },
};

/** Worker connections, the processes that the engine runs, and the engine's health. */
export function workerRoutes({ workers, health, processes, modules, telemetry }: WorkerParts): readonly ApiRoute[] {
  const found = (id: string | undefined): WorkerInfo => {
    const worker = workers.list().find((candidate) => candidate.id === id);
    if (worker === undefined) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'worker', id: id ?? '' });
    return worker;
  };
  return [
    get('/health', [], async () => health.report()),
    get('/workers', listKeys(listed), async ({ query }) => {
      const page = listPage(workers.list(), query, listed);
      return { ...page, items: page.items.map(workerRow) };
    }),
    get('/workers/:id', [], async ({ params }) => found(params['id'])),
    post('/workers/:id/drain', async ({ params, body }) => {
      bodyFields(body, []);
      const { id, label } = found(params['id']);
      const span = telemetry.startSpan('drain worker', { kind: 'internal', attributes: { 'iii.trigger.type': 'console', 'worker.id': id, 'worker.label': label } });
      try {
        await workers.withdraw(id);
        span.end();
      } catch (error) {
        span.end({ error });
        throw error;
      }
      return { result: workerRow(found(id)), traceId: traceIdOf(span.context) };
    }),
    post('/workers/:id/restart', async ({ params, body, signal }) => {
      bodyFields(body, []);
      const { id, owner } = found(params['id']);
      if (processes()?.list().some((process) => process.owner === owner) !== true) throw consoleErrors.NOT_OURS({ worker: id });
      return await modules.act('engine::processes::restart', { owner, reason: askedFor }, { signal });
    }),
    get('/processes', listKeys(processesListed), async ({ query }) => listPage(processes()?.list() ?? [], query, processesListed)),
    post('/processes/reload', async ({ body, signal }) => {
      bodyFields(body, []);
      if (processes() === undefined) throw consoleErrors.MODULE_MISSING({ functionId: 'engine::processes::restart', module: 'modules::shell::ExecModule' });
      return await modules.act('engine::processes::restart', { reason: askedFor }, { signal });
    }),
  ];
}

const askedFor = 'asked for by the console';

/** A row of the list: how many functions, not which. */
export function workerRow({ functionIds, ...rest }: WorkerInfo) {
  return { ...rest, functionCount: functionIds.length };
}

import type { HealthView, ProcessService, WorkerInfo, WorkerRegistry } from '@motia/engine-core/contract';
import { consoleErrors } from '../../errors.js';
import { route, type ApiRoute } from '../api-route.js';
import { bodyFields } from '../body-fields.js';
import { listPage } from '../list-page.js';
import type { ModuleFunctions } from '../module-functions.js';

export interface WorkerParts {
  readonly workers: WorkerRegistry;
  readonly health: HealthView;
  /** Undefined when no module runs processes. */
  readonly processes: () => ProcessService | undefined;
  readonly modules: ModuleFunctions;
}

/** Worker connections, the processes that the engine runs, and the engine's health. */
export function workerRoutes({ workers, health, processes, modules }: WorkerParts): readonly ApiRoute[] {
  const found = (id: string | undefined): WorkerInfo => {
    const worker = workers.list().find((candidate) => candidate.id === id);
    if (worker === undefined) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'worker', id: id ?? '' });
    return worker;
  };
  return [
    route('GET', '/health', async () => health.report()),
    route('GET', '/workers', async ({ query }) => {
      const page = listPage(workers.list(), query, {
        keyOf: ({ id }) => id, textOf: ({ id, name, label, owner, state }) => `${id} ${name} ${label} ${owner} ${state}`,
        sorts: { name: ({ name, label }) => name || label, connected: ({ connectedAt }) => connectedAt, in_flight: ({ inFlight }) => inFlight },
      });
      return { ...page, items: page.items.map(workerRow) };
    }),
    route('GET', '/workers/:id', async ({ params }) => found(params['id'])),
    route('POST', '/workers/:id/drain', async ({ params, body }) => {
      bodyFields(body, []);
      const { id } = found(params['id']);
      await workers.withdraw(id);
      return { result: workerRow(found(id)), traceId: null };
    }),
    route('POST', '/workers/:id/restart', async ({ params, body, signal }) => {
      bodyFields(body, []);
      const { id, owner } = found(params['id']);
      if (processes()?.list().some((process) => process.owner === owner) !== true) throw consoleErrors.NOT_OURS({ worker: id });
      return await modules.act('engine::processes::restart', { owner, reason: askedFor }, { signal });
    }),
    route('GET', '/processes', async ({ query }) => listPage(processes()?.list() ?? [], query, { keyOf: ({ owner, command, pid }) => `${owner} ${command} ${pid ?? ''}`, textOf: ({ owner, command, state }) => `${owner} ${command} ${state}`, sorts: { restarts: ({ restarts }) => restarts } })),
    route('POST', '/processes/reload', async ({ body, signal }) => {
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

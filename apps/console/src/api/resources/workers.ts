import type { HealthView, ProcessService, WorkerInfo, WorkerRegistry } from '@motia/engine-core/contract';
import { consoleErrors } from '../../errors.js';
import { route, type ApiRoute } from '../api-route.js';
import { pageOf, pageRequest } from '../page-query.js';

export interface WorkerParts {
  readonly workers: WorkerRegistry;
  readonly health: HealthView;
  /** Undefined when no module runs processes. */
  readonly processes: () => ProcessService | undefined;
}

/** Worker connections, the processes that the engine runs, and the engine's health. */
export function workerRoutes({ workers, health, processes }: WorkerParts): readonly ApiRoute[] {
  return [
    route('GET', '/health', async () => health.report()),
    route('GET', '/workers', async ({ query }) => {
      const page = pageOf(workers.list(), pageRequest(query), ({ id }) => id);
      return { ...page, items: page.items.map(workerRow) };
    }),
    route('GET', '/workers/:id', async ({ params }) => {
      const id = params['id'] ?? '';
      const worker = workers.list().find((candidate) => candidate.id === id);
      if (worker === undefined) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'worker', id });
      return worker;
    }),
    route('GET', '/processes', async ({ query }) => pageOf(processes()?.list() ?? [], pageRequest(query), ({ owner, command, pid }) => `${owner} ${command} ${pid ?? ''}`)),
    route('POST', '/processes/reload', async () => {
      const service = processes();
      if (service === undefined) throw consoleErrors.MODULE_MISSING({ functionId: 'exec', module: 'modules::shell::ExecModule' });
      await service.reload('asked for by the console');
      return { ok: true };
    }),
  ];
}

/** A row of the list: how many functions, not which. */
export function workerRow({ functionIds, ...rest }: WorkerInfo) {
  return { ...rest, functionCount: functionIds.length };
}

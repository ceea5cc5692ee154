import { createDataApi, type DataApi } from '@motia/console';
import { noOptions } from '@motia/engine-core';
import { defineModule, defineRef, ProcessServiceRef, RestServiceRef, type ProcessService } from '@motia/engine-core/contract';

export const DataApiRef = defineRef<DataApi>('test.data-api');

/** The data API without a way in, in an engine that runs a process. */
export function apiModule(processes: ProcessService) {
  return defineModule({
    name: 'data-api', version: '0.0.0', contract: 1, class: 'test::DataApi', options: noOptions, optional: { rest: RestServiceRef }, provides: { api: DataApiRef, processes: ProcessServiceRef },
    async create(ctx) {
      const api = createDataApi({ ...ctx, processes: () => processes, rest: () => ctx.services.rest, secrets: () => undefined, refreshIntervalMs: 100, caller: 'test' });
      return { services: { api, processes } };
    },
  });
}

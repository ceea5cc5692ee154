import type { ConfigView, RestService } from '@motia/engine-core/contract';
import { consoleErrors } from '../../errors.js';
import { get, type ApiRoute } from '../api-route.js';

export interface ConfigParts {
  readonly config: ConfigView;
  /** Undefined when no module serves HTTP. */
  readonly rest: () => Pick<RestService, 'openapi'> | undefined;
}

/** The configuration that runs, without secrets, and the description of the app's HTTP API. */
export function configRoutes({ config, rest }: ConfigParts): readonly ApiRoute[] {
  return [
    get('/config', [], () => config.report()),
    get('/openapi.json', [], async () => {
      const server = rest();
      if (server === undefined) throw consoleErrors.MODULE_MISSING({ functionId: 'http', module: 'modules::api::RestApiModule' });
      const document = server.openapi();
      if (document === undefined) throw consoleErrors.RESOURCE_NOT_FOUND({ kind: 'document', id: 'openapi.json (the option `openapi` of modules::api::RestApiModule turns it off)' });
      return document;
    }),
  ];
}

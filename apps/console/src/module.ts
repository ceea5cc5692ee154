import { randomUUID } from 'node:crypto';
import { ConsoleServiceRef, defineModule, moduleFactory, ProcessServiceRef, type ModuleUse } from '@motia/engine-core/contract';
import { Api } from './api/api.js';
import { liveRoutes } from './api/resources/live.js';
import { functionRoutes } from './api/resources/functions.js';
import { workerRoutes } from './api/resources/workers.js';
import { consoleErrors } from './errors.js';
import { AccessToken, newToken } from './guards/access-token.js';
import { cookieName } from './guards/credentials.js';
import { isLoopbackName } from './guards/host-guard.js';
import { ConsoleListener } from './http/console-listener.js';
import { ConsoleServer } from './http/console-server.js';
import { Gate } from './http/gate.js';
import { LiveHub } from './live/live-hub.js';
import { LiveServer } from './live/live-server.js';
import { engineTopics } from './live/topics.js';
import { consoleOptions, type ConsoleInput } from './options.js';
import { registerRequestFunction } from './request-function.js';
import { consoleVersion } from './version.js';

/** `modules::console::ConsoleModule`: what tools and the web console read of a running engine, and what they may change. */
export const ConsoleModule = defineModule({
  name: '@motia/console',
  version: consoleVersion,
  contract: 1,
  class: 'modules::console::ConsoleModule',
  options: consoleOptions,
  optional: { processes: ProcessServiceRef },
  provides: { console: ConsoleServiceRef },
  async create(ctx, options) {
    const isLocal = options.host === undefined || isLoopbackName(options.host.toLowerCase());
    if (!isLocal && options.token === undefined) throw consoleErrors.TOKEN_REQUIRED({ host: options.host ?? '' });
    const { clock, logger, functions, triggers, workers, engineHealth: health } = ctx;
    const token = options.token ?? newToken();
    const topics = engineTopics({ functions, triggers, workers, health });
    const hub = new LiveHub({ find: (name) => topics.get(name), epoch: randomUUID(), clock, logger, intervalMs: options.refresh_interval_ms });
    const live = new LiveServer(hub, clock, options.max_live_connections);
    const api = new Api([...functionRoutes({ functions, triggers }), ...workerRoutes({ workers, health, processes: () => ctx.services.processes }), ...liveRoutes(hub)]);
    const cookie = (): string => cookieName(listener.address?.port ?? options.port);
    const gate = new Gate({ token: new AccessToken(token, clock), allowedHosts: [...options.allowed_hosts, ...(isLocal || options.host === undefined ? [] : [options.host])], isReadOnly: options.read_only, cookie });
    const server = new ConsoleServer({ api, live, gate, logger, cookie, metrics: async () => undefined });
    const listener = new ConsoleListener({ moduleName: ctx.instanceId, onRequest: server.serve, onUpgrade: server.upgrade });
    const request = registerRequestFunction(functions, api, { isReadOnly: options.read_only });
    return {
      services: {
        console: {
          address: () => listener.address,
          url: () => (listener.address === undefined ? undefined : `http://${isLocal ? 'localhost' : listener.address.host}:${listener.address.port}/#token=${token}`),
        },
      },
      async start() {
        await listener.listen(options.host, options.port);
        logger.info('Console data API is listening', { address: listener.address });
      },
      async drain() {
        live.close();
        listener.stopAccepting();
      },
      async stop() {
        request.dispose();
        live.close();
        await listener.close();
      },
    };
  },
});

/** `createEngine({ modules: [consoleModule({ port: 3113 })] })`. */
export const consoleModule: (options?: ConsoleInput) => ModuleUse = moduleFactory<ConsoleInput>(ConsoleModule);

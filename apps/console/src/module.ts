import { HostGuard, isLoopbackAddress } from '@motia/engine-core';
import { ConsoleServiceRef, defineModule, moduleFactory, ProcessServiceRef, RestServiceRef, SecretRulesRef, type ModuleUse } from '@motia/engine-core/contract';
import { createDataApi } from './data-api.js';
import { consoleErrors } from './errors.js';
import { AccessToken, newToken } from './guards/access-token.js';
import { cookieName } from './guards/credentials.js';
import { ConsoleListener } from './http/console-listener.js';
import { ConsoleServer } from './http/console-server.js';
import { Gate } from './http/gate.js';
import { LiveServer } from './live/live-server.js';
import { consoleOptions, type ConsoleInput } from './options.js';
import { consoleVersion } from './version.js';

/** `modules::console::ConsoleModule`: what tools and the web console read of a running engine, and what they may change. */
export const ConsoleModule = defineModule({
  name: '@motia/console',
  version: consoleVersion,
  contract: 1,
  class: 'modules::console::ConsoleModule',
  options: consoleOptions,
  optional: { processes: ProcessServiceRef, rest: RestServiceRef, secrets: SecretRulesRef },
  provides: { console: ConsoleServiceRef },
  async create(ctx, options) {
    const isLocal = options.host === undefined || options.host === 'localhost' || isLoopbackAddress(options.host);
    if (!isLocal && options.token === undefined) throw consoleErrors.TOKEN_REQUIRED({ host: options.host ?? '', exitCode: 78 });
    const { clock, logger } = ctx;
    const token = options.token ?? newToken();
    const { api, hub, prometheus } = createDataApi({ ...ctx, processes: () => ctx.services.processes, rest: () => ctx.services.rest, secrets: () => ctx.services.secrets, refreshIntervalMs: options.refresh_interval_ms, caller: 'console' });
    const live = new LiveServer(hub, clock, options.max_live_connections);
    const cookie = (): string => cookieName(listener.address?.port ?? options.port);
    const hosts = new HostGuard({ allowed: [...options.allowed_hosts, ...(options.host === undefined ? [] : [options.host])], addresses: 'loopback' });
    const gate = new Gate({ token: new AccessToken(token, clock), hosts, isReadOnly: options.read_only, cookie });
    const server = new ConsoleServer({ api, live, gate, logger, clock, cookie, metrics: prometheus });
    const listener = new ConsoleListener({ moduleName: ctx.instanceId, onRequest: server.serve, onUpgrade: server.upgrade });
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
        live.close();
        await listener.close();
      },
    };
  },
});

/** `createEngine({ modules: [consoleModule({ port: 3113 })] })`. */
export const consoleModule: (options?: ConsoleInput) => ModuleUse = moduleFactory<ConsoleInput>(ConsoleModule);

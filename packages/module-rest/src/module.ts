import { defineModule, moduleFactory, RestServiceRef, type ModuleUse, type Registration, type RestService } from '@motia/engine-core/contract';
import { Admission } from './admission.js';
import { Cors } from './cors.js';
import { Dispatcher, type DispatcherParts } from './dispatcher.js';
import { restErrors } from './errors.js';
import { FallbackApp } from './fallback-app.js';
import { HostGuard } from './host-guard.js';
import { HttpListener } from './http-listener.js';
import { OpenExchanges } from './open-exchanges.js';
import { restOptions, type RestInput } from './options.js';
import { httpPayloadSchema } from './payload-schema.js';
import { RouteBinder } from './route-binder.js';
import { SystemRoutes } from './system-routes.js';
import { httpTriggerOptions } from './trigger-config.js';
import { restVersion } from './version.js';

/** Bodies being received at one time, over all requests, in units of the limit of one. */
const heldBodies = 64;

/** `modules::api::RestApiModule`: HTTP routes for functions. */
export const RestModule = defineModule({
  name: '@motia/module-rest',
  version: restVersion,
  contract: 1,
  class: 'modules::api::RestApiModule',
  options: restOptions,
  provides: { rest: RestServiceRef },
  triggerTypes: ['http'],
  async create(ctx, options) {
    const isTrailingSlashStrict = options.trailing_slash === 'strict';
    const drainState = { isDraining: false };
    const system = new SystemRoutes(options.system_routes, ctx.engineHealth, () => drainState.isDraining);
    const triggerOptions = httpTriggerOptions({ isTrailingSlashStrict });
    const binder = new RouteBinder({ triggerOptions, isTrailingSlashStrict, defaultTimeoutMs: options.default_timeout, reservedBy: (path) => system.reservedBy(path) });
    const fallback = new FallbackApp();
    const parts: DispatcherParts = {
      functions: ctx.functions, triggers: ctx.triggers, clock: ctx.clock, logger: ctx.logger, telemetry: ctx.telemetry, mode: ctx.mode,
      admission: new Admission(options.concurrency_request_limit, ctx.clock),
      budget: { heldBytes: 0, limitBytes: options.body_limit_bytes * heldBodies },
      cors: options.cors === undefined ? undefined : new Cors(options.cors),
      bodyLimitBytes: options.body_limit_bytes,
      responseLimitBytes: options.response_limit_bytes,
      writeTimeoutMs: options.server.write_timeout_ms,
      open: new OpenExchanges(), drainState,
      binder, system, fallback,
    };
    const dispatcher = new Dispatcher(parts);
    const checksHost = options.allowed_hosts !== undefined || ctx.mode === 'development';
    const hostGuard = checksHost ? new HostGuard([...(options.allowed_hosts ?? []), ...(options.host === undefined ? [] : [options.host])]) : undefined;
    const listener = new HttpListener({ dispatcher, hostGuard, telemetry: ctx.telemetry, logger: ctx.logger, moduleName: ctx.instanceId, server: options.server });
    let triggerType: Registration | undefined;

    const rest: RestService = {
      address: () => listener.address,
      routes: () => binder.routes().map(({ method, pattern, functionId, trigger }) => ({ method, path: pattern.path, functionId, triggerId: trigger.id })),
      router: (request, response, next) => dispatcher.route(request, response, next),
      use: (pathOrHandler, ...handlers) => fallback.use(pathOrHandler, handlers),
    };
    return {
      services: { rest },
      async start() {
        triggerType = await ctx.triggers.registerType({
          type: 'http',
          description: 'Calls a function for each HTTP request on a path.',
          config: triggerOptions.schema,
          payloadSchema: httpPayloadSchema,
          apply: (change) => binder.apply(change),
        });
        if (!options.listen) return;
        await listener.listen(options.host, options.port);
        ctx.logger.info('Listening', { ...listener.address });
      },
      drain(deadline) {
        drainState.isDraining = true;
        listener.stopAccepting();
        return parts.open.settled(deadline, () => restErrors.DRAINING({}));
      },
      async stop() {
        parts.open.abandonAll(() => restErrors.DRAINING({}));
        await listener.close();
        triggerType?.dispose();
        triggerType = undefined;
      },
    };
  },
});

/** `createEngine({ modules: [rest({ port: 0 })] })`. */
export const rest: (options?: RestInput) => ModuleUse = moduleFactory<RestInput>(RestModule);

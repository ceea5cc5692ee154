import { delay, HostGuard } from '@motia/engine-core';
import { defineModule, moduleFactory, QueueServiceRef, RestServiceRef, StorePoolRef, StreamServiceRef, type ModuleUse, type Registration, type RestService } from '@motia/engine-core/contract';
import { AcceptedRequests } from './accepted/accepted-requests.js';
import { AddressLimit } from './address-limit.js';
import { Admission } from './admission.js';
import { clientFinder } from './client-address.js';
import { Cors } from './cors.js';
import { Dispatcher, type DispatcherParts } from './dispatcher.js';
import { restErrors } from './errors.js';
import { FallbackApp } from './fallback-app.js';
import { FrontApps } from './front-apps.js';
import { HttpListener } from './http-listener.js';
import { httpTriggerType } from './http-trigger-type.js';
import { assertReplayStore, openReplays } from './idempotency/open-replays.js';
import { Replays } from './idempotency/replays.js';
import { httpMiddlewareOptions, middlewareInputSchema } from './middleware-config.js';
import { MiddlewareSet } from './middleware-set.js';
import { OpenApiSource } from './openapi-source.js';
import { OpenExchanges } from './open-exchanges.js';
import { restOptions, type RestInput } from './options.js';
import { ResponseOffers } from './response-offers.js';
import { makeNotFoundRoute } from './route.js';
import { RouteBinder } from './route-binder.js';
import { RouteNews } from './route-news.js';
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
  optional: { queue: QueueServiceRef, streams: StreamServiceRef, stores: StorePoolRef },
  triggerTypes: ['http'],
  async create(ctx, options) {
    const isTrailingSlashStrict = options.trailing_slash === 'strict';
    const drainState = { isDraining: false };
    const offers = new ResponseOffers();
    const { uploads } = options;
    const triggerOptions = httpTriggerOptions({ isTrailingSlashStrict });
    const system: SystemRoutes = new SystemRoutes(options.system_routes, ctx.engineHealth, () => drainState.isDraining, { openapi: options.openapi.enabled ? () => openapi?.text() ?? '' : undefined });
    const openapi = options.openapi.enabled ? new OpenApiSource({ ...options.openapi, statusPrefix: system.statusPrefix }, () => binder.routes(), ctx.functions) : undefined;
    const middleware = new MiddlewareSet(options.middleware, () => binder.middlewareChanged());
    const binder: RouteBinder = new RouteBinder({ canAccept: () => accepted.isAvailable, middleware: () => middleware, triggerOptions, isTrailingSlashStrict, defaultTimeoutMs: options.default_timeout, reservedBy: (path) => system.reservedBy(path) });
    const { clock, logger, services } = ctx;
    const replays = new Replays({
      clock, logger, maxResponseBytes: options.idempotency.max_response_bytes,
      open: () => openReplays({ options: options.idempotency, isFromFile: ctx.engine.fromFile, pool: services.stores, clock, logger }),
    });
    const accepted = new AcceptedRequests({ queue: () => services.queue, streams: () => services.streams, statusPrefix: system.statusPrefix, mode: ctx.mode, logger });
    const clients = clientFinder(options.trust_proxy);
    const requestIdHeader = options.request_id.header.toLowerCase();
    const front = new FrontApps({ trust: clients.trust });
    const fallback = new FallbackApp({ trust: clients.trust });
    const notFound = options.not_found_function === undefined ? undefined : makeNotFoundRoute(options.not_found_function, options.default_timeout);
    const parts: DispatcherParts = {
      functions: ctx.functions, triggers: ctx.triggers, clock, logger, telemetry: ctx.telemetry, mode: ctx.mode,
      admission: new Admission(options.concurrency_request_limit, ctx.clock),
      budget: { heldBytes: 0, limitBytes: options.body_limit_bytes * heldBodies },
      cors: options.cors === undefined ? undefined : new Cors(options.cors),
      bodyLimitBytes: options.body_limit_bytes,
      responseLimitBytes: options.response_limit_bytes,
      writeTimeoutMs: options.server.write_timeout_ms,
      open: new OpenExchanges(), drainState, offers, channels: ctx.channels,
      streamLimitBytes: uploads.limit_bytes,
      uploads: { fileBytes: uploads.file_limit_bytes, files: uploads.max_files, fields: uploads.max_fields, fieldBytes: uploads.field_limit_bytes },
      stallTimeoutMs: options.server.request_timeout_ms,
      replays, accepted, binder, system, front, fallback, clients, notFound, requestIdHeader,
      requestId: { header: requestIdHeader, accept: options.request_id.accept },
    };
    const dispatcher = new Dispatcher(parts);
    const checksHost = options.allowed_hosts !== undefined || ctx.mode === 'development';
    const hostGuard = checksHost ? new HostGuard({ allowed: [...(options.allowed_hosts ?? []), ...(options.host === undefined ? [] : [options.host])] }) : undefined;
    const addressLimit = new AddressLimit(options.server.max_connections_per_address, (address) => clients.trust(address, 0));
    const listener = new HttpListener({ dispatcher, hostGuard, telemetry: ctx.telemetry, logger: ctx.logger, moduleName: ctx.instanceId, requestIdHeader, server: options.server, addressLimit });
    const news = new RouteNews(logger, clock);
    let triggerTypes: Registration[] = [];

    const rest: RestService = {
      address: () => listener.address,
      routes: () => binder.routes().map(({ method, pattern, functionId, trigger }) => ({ method, path: pattern.path, functionId, triggerId: trigger.id })),
      router: (request, response, next) => dispatcher.route(request, response, next),
      use: (pathOrHandler, ...handlers) => fallback.use(pathOrHandler, handlers),
      before: (paths, ...handlers) => front.add(paths, handlers),
      openapi: () => openapi?.document(),
    };
    return {
      services: { rest },
      async start() {
        assertReplayStore({ options: options.idempotency, pool: ctx.services.stores });
        offers.open(ctx.channels);
        // Before the routes: none of them is ever served without the middleware that came with it.
        triggerTypes.push(await ctx.triggers.registerType({
          type: 'http_middleware',
          description: 'Calls a function before the handlers of HTTP routes.',
          config: httpMiddlewareOptions,
          payloadSchema: middlewareInputSchema,
          apply: (change) => middleware.apply(change),
        }));
        triggerTypes.push(await ctx.triggers.registerType(httpTriggerType({ options: triggerOptions, binder, replays, news, isQuiet: () => system.isStarting || drainState.isDraining })));
        if (!options.listen) return;
        await listener.listen(options.host, options.port);
        ctx.logger.info('Listening', { ...listener.address });
      },
      async drain(deadline) {
        // From now on `readyz` says so, and connections end with their response.
        drainState.isDraining = true;
        if (options.server.drain_delay_ms > 0) await delay(ctx.clock, options.server.drain_delay_ms, deadline);
        listener.stopAccepting();
        parts.open.drainAll();
        await parts.open.settled(deadline, () => restErrors.DRAINING({}));
      },
      async stop() {
        parts.open.abandonAll(() => restErrors.DRAINING({}));
        await listener.close();
        accepted.stop();
        await replays.settled();
        replays.stop();
        offers.close();
        for (const type of triggerTypes) type.dispose();
        triggerTypes = [];
        openapi?.dispose();
        news.stop();
      },
    };
  },
});

/** `createEngine({ modules: [rest({ port: 0 })] })`. */
export const rest: (options?: RestInput) => ModuleUse = moduleFactory<RestInput>(RestModule);

import { describe, expect, it } from '@jest/globals';
import { RestServiceRef } from '@motia/engine-core/contract';
import { moduleConformance } from '@motia/engine-core/testing';
import RestModule from '../src/index.js';
import { callPort } from './fixtures/start-rest.js';

moduleConformance({ describe, it, expect }, {
  definition: RestModule,
  options: () => ({ port: 0 }),
  invalid: [
    { options: { port: 'abc' }, pointer: '/port' },
    { options: { port: 70_000 }, pointer: '/port' },
    { options: { concurrency_request_limit: 0 }, pointer: '/concurrency_request_limit' },
    { options: { cors: { allow_origins: [] } }, pointer: '/cors/allow_origins' },
    { options: { idempotency: true }, pointer: '/idempotency' },
    { options: { middleware: [{ phase: 'preHandler' }] }, pointer: '/middleware/0/function_id' },
    { options: { server: { headers_timeout_ms: 0 } }, pointer: '/server/headers_timeout_ms' },
    { options: { system_routes: 'x' }, pointer: '/system_routes' },
  ],
  works: async (host) => {
    const registered = host.functions.register({ id: 'works' }, () => ({ body: 'works' }));
    const trigger = await host.triggers.register({ type: 'http', functionId: 'works', config: { api_path: '/works' } });
    const answer = await callPort(host.service(RestServiceRef).address()?.port ?? 0, 'GET /works');
    if (answer.text !== 'works') throw new Error(`answered ${answer.status}: ${answer.text}`);
    trigger.dispose();
    registered.dispose();
  },
});

// A module of this app: puts an npm Express middleware in front of the paths that config.yaml names.
import { defineOptions } from '@motia/engine-core';
import { defineModule, RestServiceRef } from '@motia/engine-core/contract';
import { Type } from '@sinclair/typebox';
import { rateLimit } from 'express-rate-limit';

const options = defineOptions(
  Type.Object({
    paths: Type.Array(Type.String(), { minItems: 1, description: 'Route patterns that are limited, with everything below them.' }),
    limit: Type.Integer({ default: 100, minimum: 1, description: 'Requests of one client in a window.' }),
    window_ms: Type.Integer({ default: 60_000, minimum: 1, unit: 'ms', description: 'Length of a window.' }),
  }),
);

export default defineModule({
  name: 'example-rate-limit',
  version: '0.1.0',
  contract: 1,
  class: 'app::RateLimit',
  options,
  requires: { rest: RestServiceRef },
  async create({ services }, { paths, limit, window_ms: windowMs }) {
    const limiter = rateLimit({
      limit,
      windowMs,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      // An exposed error with code and status becomes the same JSON envelope as every other error.
      handler: (_request, _response, next) => next(Object.assign(new Error('Too many requests.'), { code: 'APP_TOO_MANY_REQUESTS', status: 429, expose: true })),
    });
    // Step routes included; requests for other paths never pass through Express.
    services.rest.before(paths, limiter);
    return { services: {} };
  },
});

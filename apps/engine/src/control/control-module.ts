import { Type } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import { CONTRACT_VERSION, defineModule } from '@motia/engine-core/contract';
import { ControlServer } from './control-server.js';
import { version } from '../version.js';

const controlOptions = defineOptions(
  Type.Object({
    address: Type.String({ minLength: 1, description: 'Path of the unix socket, or name of the Windows pipe.' }),
    uid: Type.Optional(Type.Integer({ minimum: 0, description: 'The user whose folder it must lie in. Left out where the system has no users by number.' })),
  }),
);

/** The socket that `iii functions` and `iii invoke` talk to. Added by the `iii` command; not meant for config files. */
export const ControlModule = defineModule({
  name: '@motia/engine/control',
  version,
  contract: CONTRACT_VERSION,
  class: 'modules::engine::ControlModule',
  options: controlOptions,
  create(ctx, options) {
    const server = new ControlServer({
      address: options.address,
      workers: ctx.workers,
      logger: ctx.logger,
      uid: options.uid,
    });
    return Promise.resolve({
      services: {},
      start: () => server.start(),
      drain: () => Promise.resolve(),
      stop: () => server.stop(),
    });
  },
});

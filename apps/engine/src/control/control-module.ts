import { Type } from '@sinclair/typebox';
import { defineOptions } from '@motia/engine-core';
import { CONTRACT_VERSION, defineModule, ProcessServiceRef, RestServiceRef, SecretRulesRef, WorkerListenerRef } from '@motia/engine-core/contract';
import type { DataApi } from '@motia/console';
import { dataFunctionId, rotateTokenFunctionId } from './data-function.js';
import { ControlServer } from './control-server.js';
import { errors } from '../errors.js';
import { version } from '../version.js';

/** Between two looks of what a command follows. */
const refreshIntervalMs = 250;

const controlOptions = defineOptions(
  Type.Object({
    address: Type.String({ minLength: 1, description: 'Path of the unix socket, or name of the Windows pipe.' }),
    uid: Type.Optional(Type.Integer({ minimum: 0, description: 'The user whose folder it must lie in. Left out where the system has no users by number.' })),
  }),
);

/** The socket that `iii functions`, `iii invoke`, `iii logs` and their like talk to. Added by the `iii` command; not meant for config files. */
export const ControlModule = defineModule({
  name: '@motia/engine/control',
  version,
  contract: CONTRACT_VERSION,
  class: 'modules::engine::ControlModule',
  options: controlOptions,
  optional: { processes: ProcessServiceRef, rest: RestServiceRef, secrets: SecretRulesRef, listener: WorkerListenerRef },
  async create(ctx, options) {
    const server = new ControlServer({
      address: options.address,
      workers: ctx.workers,
      logger: ctx.logger,
      uid: options.uid,
    });
    let api: DataApi['api'] | undefined;
    const requests = ctx.functions.register({ id: dataFunctionId, description: 'One request of the data API of the console, for the iii command.' }, async (payload, call) => {
      // Loaded by the first command that asks: a start does not pay for it.
      const { answerRequest, createDataApi } = await import('@motia/console');
      api ??= createDataApi({ ...ctx, processes: () => ctx.services.processes, rest: () => ctx.services.rest, secrets: () => ctx.services.secrets, refreshIntervalMs, caller: 'iii command' }).api;
      return answerRequest(api, payload, call.signal);
    });
    const rotation = ctx.functions.register({ id: rotateTokenFunctionId, description: 'Changes the token of remote workers; for the iii command alone.' }, (payload, { callerWorkerId }) => {
      // Whoever is connected may call every function; a worker that came in with a stolen token must not learn the new one.
      if (!server.isCommand(callerWorkerId)) throw errors.COMMAND_ONLY({ functionId: rotateTokenFunctionId });
      if (ctx.services.listener === undefined) throw errors.NO_REMOTE_WORKERS({});
      return ctx.services.listener.rotateToken(payload ?? {});
    });
    return {
      services: {},
      start: () => server.start(),
      async stop() {
        requests.dispose();
        rotation.dispose();
        await server.stop();
      },
    };
  },
});

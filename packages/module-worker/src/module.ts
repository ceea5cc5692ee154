import { resolve } from 'node:path';
import { defineModule, moduleFactory, WorkerListenerRef, type Logger, type ModuleUse } from '@motia/engine-core/contract';
import { workerErrors } from './errors.js';
import { listenPlan } from './listen-plan.js';
import { workerOptions, type WorkerInput } from './options.js';
import { RemoteWorkers } from './remote-workers.js';
import { SocketListener } from './socket-listener.js';
import { readTlsFiles } from './tls-files.js';
import { readTokenFile } from './token-file.js';
import { TokenRotator } from './token-rotation.js';
import { workerVersion } from './version.js';
import { WorkerTokens } from './worker-tokens.js';

/** Sockets beyond `max_connections` that may be open at one time to be told so. */
const spareSockets = 32;
/** How long workers may take to finish their calls when the engine stops. Less than a module has for its stop. */
const drainMs = 7_000;

/** `modules::worker::WorkerModule`: SDK processes on other machines, in other containers or beside the engine connect over a socket. */
export const WorkerModule = defineModule({
  name: '@motia/module-worker',
  version: workerVersion,
  contract: 1,
  class: 'modules::worker::WorkerModule',
  options: workerOptions,
  provides: { listener: WorkerListenerRef },
  async create(ctx, options) {
    const { instanceId, workers, clock, logger } = ctx;
    const plan = listenPlan(options, ctx.baseDir);
    if (!plan.isLocalOnly && options.token === undefined && options.token_file === undefined && options.tls?.client_ca_file === undefined) throw workerErrors.TOKEN_REQUIRED({ host: options.host ?? '' });
    const tls = options.tls === undefined ? undefined : await readTlsFiles(options.tls, ctx.baseDir);
    const tokenFile = options.token_file === undefined ? undefined : resolve(ctx.baseDir, options.token_file);
    const tokens = new WorkerTokens(await tokenOf(options.token, tokenFile, logger), clock);
    const remote = new RemoteWorkers({ instanceId, workers, clock, logger, options, tokens });
    const rotator = new TokenRotator({ tokens, remote, file: tokenFile, logger });
    const listener = new SocketListener({
      moduleName: instanceId, plan, tls, clock, logger,
      socketMode: Number.parseInt(options.socket_mode, 8),
      handshakeTimeoutMs: options.handshake_timeout_ms,
      maxSockets: options.max_connections + spareSockets,
      onConnection: (socket, address, sinceMs) => remote.accept(socket, address, sinceMs),
    });
    let drainDeadline: AbortSignal | undefined;
    return {
      services: { listener: { addresses: () => listener.addresses, rotateToken: (rotation = {}) => rotator.rotate(rotation) } },
      async start() {
        await listener.listen();
        logger.info('Listening for remote workers', { addresses: listener.addresses });
        if (!plan.isLocalOnly && tls === undefined) logger.warn('Remote workers send their token and their data in the clear: set `tls`, unless the network is private', { addresses: listener.addresses });
      },
      // Workers go on serving while the other modules finish what needs them; they are let go in `stop`.
      async drain(deadline) {
        drainDeadline = deadline;
        listener.stopAccepting();
        remote.stopAccepting();
      },
      async stop() {
        listener.stopAccepting();
        await remote.close(drainDeadline?.aborted === true ? 0 : drainMs);
        await listener.close();
      },
    };
  },
});

/** `createEngine({ modules: [worker({ port: 49134 })] })`. */
export const worker: (options?: WorkerInput) => ModuleUse = moduleFactory<WorkerInput>(WorkerModule);

async function tokenOf(token: string | undefined, file: string | undefined, logger: Logger): Promise<string | undefined> {
  if (file === undefined) return token;
  if (token !== undefined) throw workerErrors.TOKEN_FILE_UNUSABLE({ file, reason: '`token` is set as well' });
  const read = await readTokenFile(file);
  if (read.isOpenToOthers) logger.warn('Other users of this machine can read the token of remote workers: take their permissions from the file (chmod 600)', { file });
  return read.token;
}

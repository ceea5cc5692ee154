import { defineModule, moduleFactory, ProcessServiceRef, type ModuleUse } from '@motia/engine-core/contract';
import { createExec } from './create-exec.js';
import { execOptions, type ExecModuleInput } from './options.js';
import { ProcessDirectory } from './process-directory.js';
import { version } from './version.js';

/** `modules::shell::ExecModule`: starts, watches, restarts and stops the processes that run the users' functions. */
export const ExecModule = defineModule({
  name: '@motia/module-exec',
  version,
  contract: 1,
  class: 'modules::shell::ExecModule',
  options: execOptions,
  provides: { processes: ProcessServiceRef },
  startsLast: true,
  create: async (ctx, options) => {
    const exec = createExec(ctx, options);
    const directory = ProcessDirectory.of(ctx.engineHealth);
    let membership: { dispose(): void } | undefined;
    return {
      services: { processes: directory },
      async start(interrupt?: AbortSignal) {
        membership = directory.join(exec, ctx.functions);
        await exec.start(interrupt);
      },
      drain: (deadline) => exec.drain(deadline),
      async stop() {
        await exec.stop();
        membership?.dispose();
      },
    };
  },
});

/** `createEngine({ modules: [exec({ exec: ['motia dev'] })] })` */
export const exec: (options: ExecModuleInput) => ModuleUse = moduleFactory<ExecModuleInput>(ExecModule);

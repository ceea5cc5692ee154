import type { FunctionRegistry, HealthView, ProcessService, Registration } from '@motia/engine-core/contract';

/** One ExecModule instance as the directory knows it. */
export interface ProcessOwner {
  list: ProcessService['list'];
  reload(reason: string): Promise<void>;
}

const directories = new WeakMap<HealthView, ProcessDirectory>();

/**
 * The ExecModule instances of one engine, so that a config with one for Node and one for Python shows one list and one
 * set of functions. The engine's health view stands for the engine: it is lent to all of its modules.
 */
export class ProcessDirectory implements ProcessService {
  readonly #owners = new Set<ProcessOwner>();

  static of(engine: HealthView): ProcessDirectory {
    const known = directories.get(engine) ?? new ProcessDirectory();
    directories.set(engine, known);
    return known;
  }

  list(): ReturnType<ProcessService['list']> {
    return [...this.#owners].flatMap((owner) => [...owner.list()]);
  }

  /** All instances, or the one that has a process of this owner id. */
  async reload(reason: string, ownerId?: string): Promise<void> {
    const owners = [...this.#owners].filter((owner) => ownerId === undefined || owner.list().some((process) => process.owner === ownerId));
    await Promise.all(owners.map((owner) => owner.reload(reason)));
  }

  /** Adds an instance; the first one brings the functions. */
  join(owner: ProcessOwner, functions: FunctionRegistry): Registration {
    const registered = this.#owners.size === 0 ? registerFunctions(this, functions) : [];
    this.#owners.add(owner);
    return {
      dispose: () => {
        this.#owners.delete(owner);
        for (const registration of registered) registration.dispose();
      },
    };
  }
}

function registerFunctions(directory: ProcessDirectory, functions: FunctionRegistry): readonly Registration[] {
  return [
    functions.register({ id: 'engine::processes::list', description: 'The processes that ExecModule runs, with their state.' }, () => ({
      processes: directory.list(),
    })),
    functions.register(
      {
        id: 'engine::processes::restart',
        description: 'Builds and starts the processes anew, as a file change would; calls are not dropped.',
        requestSchema: {
          type: 'object',
          properties: { owner: { type: 'string', description: 'Only the list of this process, e.g. `exec:exec#0`.' }, reason: { type: 'string' } },
        },
      },
      async (payload) => {
        const { owner, reason } = (payload ?? {}) as { readonly owner?: unknown; readonly reason?: unknown };
        await directory.reload(typeof reason === 'string' ? reason : 'asked for', typeof owner === 'string' ? owner : undefined);
        return { processes: directory.list() };
      },
    ),
  ];
}

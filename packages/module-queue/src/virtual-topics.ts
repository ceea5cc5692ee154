import type { FunctionRegistry, Registration } from '@motia/engine-core/contract';

/** Topics that Steps name in `virtualEnqueues`: shown in the flow view, and nobody need subscribe to them. */
export class VirtualTopics {
  readonly #functions: FunctionRegistry;
  readonly #registration: Registration;
  #topics: ReadonlySet<string> | undefined;

  constructor(functions: FunctionRegistry) {
    this.#functions = functions;
    this.#registration = functions.onChanged(() => void (this.#topics = undefined));
  }

  has(topic: string): boolean {
    this.#topics ??= new Set(this.#functions.list().flatMap(({ metadata }) => topicsIn(metadata?.['virtualEnqueues'])));
    return this.#topics.has(topic);
  }

  stop(): void {
    this.#registration.dispose();
  }
}

/** `virtualEnqueues` lists names, or objects with a `topic`. */
function topicsIn(entries: unknown): readonly string[] {
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown) => {
    const topic = typeof entry === 'object' && entry !== null ? (entry as { readonly topic?: unknown }).topic : entry;
    return typeof topic === 'string' ? [topic] : [];
  });
}

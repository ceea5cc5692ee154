import type { HealthView } from '@motia/engine-core/contract';

/** What a system route answers. */
export interface SystemAnswer {
  readonly status: number;
  readonly body: string;
}

/** Paths that the engine keeps for itself, and the two it answers: alive, and ready to serve. */
export class SystemRoutes {
  readonly #base: string;
  readonly #health: HealthView;
  readonly #isDraining: () => boolean;
  readonly #documents: { readonly openapi: (() => string) | undefined };
  readonly #paths: ReadonlySet<string>;
  readonly #trees: readonly string[];
  readonly #statusPrefix: string;

  /** `documents` gives what changes with the routes. `base` is the option `system_routes`: `/` or a path such as `/_system`. */
  constructor(base: string, health: HealthView, isDraining: () => boolean, documents: { readonly openapi: (() => string) | undefined } = { openapi: undefined }) {
    this.#base = base === '/' ? '' : base;
    this.#health = health;
    this.#isDraining = isDraining;
    this.#documents = documents;
    this.#statusPrefix = `${this.#base}/__motia/requests/`;
    this.#paths = new Set([`${this.#base}/healthz`, `${this.#base}/readyz`, `${this.#base}/openapi.json`, `${this.#base}/__motia`]);
    this.#trees = [...this.#paths, `${this.#base}/_console`];
  }

  /** True until every module, and the processes they run, came up for the first time. */
  get isStarting(): boolean {
    return this.#health.report().status === 'starting';
  }

  /** The reserved path that `path` is or lies under. */
  reservedBy(path: string): string | undefined {
    return this.#trees.find((reserved) => path === reserved || path.startsWith(`${reserved}/`));
  }

  /** Reserved paths never reach a route, not even `/:page`. */
  owns(path: string): boolean {
    return this.#paths.has(path);
  }

  /** Under which the status of accepted requests is shown. */
  get statusPrefix(): string {
    return this.#statusPrefix;
  }

  /** The id in a status URL; undefined for any other path. */
  requestIdIn(path: string): string | undefined {
    return path.startsWith(this.#statusPrefix) ? path.slice(this.#statusPrefix.length) : undefined;
  }

  /** Undefined where a reserved path has nothing to show. Gives no internals: `iii` and the console show why. */
  answer(path: string): SystemAnswer | undefined {
    if (path === `${this.#base}/healthz`) return { status: 200, body: '{"status":"ok"}' };
    if (path === `${this.#base}/openapi.json` && this.#documents.openapi !== undefined) return { status: 200, body: this.#documents.openapi() };
    if (path !== `${this.#base}/readyz`) return undefined;
    const isReady = !this.#isDraining() && this.#health.report().ready;
    return isReady ? { status: 200, body: '{"status":"ready"}' } : { status: 503, body: '{"status":"not_ready"}' };
  }
}

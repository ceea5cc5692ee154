import type { FunctionRegistry, Registration } from '@motia/engine-core/contract';
import { openApiDocument, type OpenApiSettings } from './openapi-document.js';
import type { Route } from './route.js';

interface Made {
  readonly routes: readonly Route[];
  readonly document: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** The document of the routes as they are now, made when it is asked for and kept until they change. */
export class OpenApiSource {
  readonly #settings: OpenApiSettings;
  readonly #routes: () => readonly Route[];
  readonly #functions: FunctionRegistry;
  readonly #changes: Registration;
  #made: Made | undefined;

  constructor(settings: OpenApiSettings, routes: () => readonly Route[], functions: FunctionRegistry) {
    this.#settings = settings;
    this.#routes = routes;
    this.#functions = functions;
    this.#changes = functions.onChanged(() => (this.#made = undefined));
  }

  document(): Readonly<Record<string, unknown>> {
    return this.#make().document;
  }

  text(): string {
    return this.#make().text;
  }

  dispose(): void {
    this.#changes.dispose();
  }

  #make(): Made {
    const routes = this.#routes();
    if (this.#made === undefined || !isSame(this.#made.routes, routes)) {
      const document = openApiDocument(routes, (id) => this.#functions.get(id), this.#settings);
      this.#made = { routes, document, text: JSON.stringify(document) };
    }
    return this.#made;
  }
}

function isSame(a: readonly Route[], b: readonly Route[]): boolean {
  return a.length === b.length && a.every((route, index) => route === b[index]);
}

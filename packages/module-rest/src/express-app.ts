import type { Application } from 'express';

/** What our Express apps need to know. */
export interface ExpressSettings {
  /** Whether the machine at an address, so many hops away, may say who came before it. */
  readonly trust: (address: string, hop: number) => boolean;
}

/** An Express app without the parts that say too much. Express is loaded by the first call. */
export async function newExpressApp(settings: ExpressSettings): Promise<Application> {
  const { default: express } = await import('express');
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('trust proxy', settings.trust);
  return app;
}

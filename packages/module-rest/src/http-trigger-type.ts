import type { MotiaError, TriggerChange, TriggerRejections, TriggerTypeDefinition } from '@motia/engine-core/contract';
import type { Replays } from './idempotency/replays.js';
import { httpPayloadSchema } from './payload-schema.js';
import type { RouteBinder } from './route-binder.js';
import type { RouteNews } from './route-news.js';
import type { HttpTriggerOptions } from './trigger-config.js';
import type { HttpTriggerConfig } from './trigger-schema.js';

export interface HttpTriggerTypeParts {
  readonly options: HttpTriggerOptions;
  readonly binder: RouteBinder;
  readonly replays: Replays;
  readonly news: RouteNews;
  /** True while changes are no news: what comes with the start is listed by whoever started it, and at the end everything goes. */
  readonly isQuiet: () => boolean;
}

/** The trigger type `http`. */
export function httpTriggerType({ options, binder, replays, news, isQuiet }: HttpTriggerTypeParts): TriggerTypeDefinition<HttpTriggerConfig> {
  const bind = (change: TriggerChange<HttpTriggerConfig>): TriggerRejections => {
    const before = binder.routes();
    const rejections = binder.apply(change);
    if (!isQuiet()) news.changed(before, binder.routes());
    return rejections;
  };
  /** A route that promises to keep its answers is not served where they cannot be kept. */
  const bindKeyed = async (change: TriggerChange<HttpTriggerConfig>, isKeyed: (trigger: TriggerChange<HttpTriggerConfig>['added'][number]) => boolean): Promise<TriggerRejections> => {
    try {
      await replays.open();
      return bind(change);
    } catch (error) {
      const rejections = bind({ removed: change.removed, added: change.added.filter((trigger) => !isKeyed(trigger)) });
      return new Map([...rejections, ...change.added.filter(isKeyed).map(({ id }) => [id, error as MotiaError] as const)]);
    }
  };
  return {
    type: 'http',
    description: 'Calls a function for each HTTP request on a path.',
    config: options.schema,
    payloadSchema: httpPayloadSchema,
    check: (change) => binder.check(change),
    apply(change) {
      const isKeyed = ({ config }: { readonly config: HttpTriggerConfig }): boolean => options.settingsOf(config).idempotency !== undefined;
      return change.added.some(isKeyed) ? bindKeyed(change, isKeyed) : bind(change);
    },
  };
}

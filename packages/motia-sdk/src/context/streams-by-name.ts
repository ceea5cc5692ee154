import { sdkErrors } from '../errors.js';
import type { InvocationScope } from './invocation-scope.js';
import { Stream } from './stream.js';
import type { StreamConfig } from './stream-config.js';

/** `ctx.streams`: the streams of the app by name, bound to a call. Reading a name that there is none of throws `MOTIA_SDK_STREAM_UNKNOWN`. */
export function streamsByName(configs: ReadonlyMap<string, StreamConfig>, scope: InvocationScope): Readonly<Record<string, Stream>> {
  const made = new Map<string, Stream>();
  return new Proxy({}, {
    get: (_target, name) => {
      if (typeof name !== 'string') return undefined;
      let stream = made.get(name);
      if (stream === undefined) {
        const config = configs.get(name);
        if (config === undefined) throw sdkErrors.STREAM_UNKNOWN({ stream: name, known: [...configs.keys()] });
        made.set(name, (stream = new Stream(config, scope)));
      }
      return stream;
    },
    has: (_target, name) => typeof name === 'string' && configs.has(name),
    ownKeys: () => [...configs.keys()],
    getOwnPropertyDescriptor: (_target, name) => (typeof name === 'string' && configs.has(name) ? { enumerable: true, configurable: true } : undefined),
  });
}

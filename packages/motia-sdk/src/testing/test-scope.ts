import type { InvocationScope } from '../context/invocation-scope.js';
import type { TestEngine } from './test-engine.js';

/** A scope for calls that the test itself makes: they go straight to the engine. */
export function testScope(host: TestEngine): InvocationScope {
  const refuse = (): never => {
    throw new Error('a test opens no channels');
  };
  return {
    invocationId: 'test',
    functionId: 'test',
    traceId: '',
    spanId: '',
    trace: undefined,
    isRecorded: false,
    signal: new AbortController().signal,
    afterCall: () => undefined,
    output: undefined,
    connection: {
      invoke: (_scope, functionId, payload, options) => host.functions.invoke(functionId, payload, options === undefined ? {} : { ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }) }),
      log: () => undefined,
      takesTelemetry: false,
      recordSpan: () => undefined,
      openReader: refuse,
      openWriter: refuse,
      onDraining: () => () => undefined,
      close: () => Promise.resolve(),
    },
  };
}

import type { InvocationContext } from '@motia/engine-core/contract';
import { InputReader } from '../query/input-reader.js';
import { isBaggageKey, parseBaggage, writeBaggage } from './baggage.js';
import type { RegisterFunctions } from './context.js';

const mostBaggage = 64;
const longestBaggage = 8192;
const baggageValue = { test: (text: string): boolean => !/\p{Surrogate}/u.test(text), says: 'must be text that can be written in UTF-8' };
const baggageKey = { test: isBaggageKey, says: 'must be a name of letters, digits and the signs that HTTP allows in tokens' };

/** `engine::baggage::*`, `engine::sampling::rules`, `engine::alerts::*`, `engine::telemetry::stats`. */
export const registerSmallFunctions: RegisterFunctions = (context) => {
  const { functions, sampler, alerts } = context;
  const { plan } = sampler;
  return [
    functions.register({ id: 'engine::baggage::get', description: 'One entry of the baggage of the calling invocation' }, (payload, call) => {
      const input = new InputReader('engine::baggage::get', payload);
      const key = input.text('key', baggageKey) ?? '';
      if (!input.has('key')) input.problem('key', 'is required');
      input.done();
      return { value: parseBaggage(call.trace.baggage).get(key) ?? null };
    }),
    functions.register({ id: 'engine::baggage::get_all', description: 'The baggage of the calling invocation' }, (_payload, call) => ({ baggage: Object.fromEntries(parseBaggage(call.trace.baggage)) })),
    functions.register({ id: 'engine::baggage::set', description: 'Adds an entry to the baggage of the calling invocation: what it calls from now on carries it' }, setBaggage),
    functions.register({ id: 'engine::sampling::rules', description: 'Which traces are recorded' }, () => ({
      default: plan.defaultRate,
      parent_based: plan.isParentBased,
      rules: plan.rules,
      rate_limit: plan.maxTracesPerSecond === undefined ? null : { max_traces_per_second: plan.maxTracesPerSecond },
      service_name: plan.serviceName,
      counters: sampler.counters,
    })),
    functions.register({ id: 'engine::alerts::list', description: 'Alerts and how they stand' }, () => ({ alerts: alerts.list(), timestamp: context.clock.now() })),
    functions.register({ id: 'engine::alerts::evaluate', description: 'Looks at all alerts now' }, () => {
      context.metrics?.look();
      const triggered = alerts.evaluate();
      return { evaluated: alerts.size, triggered, timestamp: context.clock.now() };
    }),
    functions.register({ id: 'engine::telemetry::stats', description: 'What is held, sent and dropped' }, () => context.stats()),
  ];
};

function setBaggage(payload: unknown, call: InvocationContext): unknown {
  const input = new InputReader('engine::baggage::set', payload);
  const key = input.text('key', baggageKey) ?? '';
  const value = input.text('value', baggageValue);
  for (const name of ['key', 'value']) if (!input.has(name)) input.problem(name, 'is required');
  const entries = new Map(parseBaggage(call.trace.baggage)).set(key, value ?? '');
  const baggage = writeBaggage(entries) ?? '';
  if (entries.size > mostBaggage || baggage.length > longestBaggage) input.problem('value', `makes the baggage larger than ${String(mostBaggage)} entries or ${String(longestBaggage)} characters`);
  input.done();
  const isSet = call.setCallerBaggage?.(baggage) === true;
  return { success: true, propagates: isSet, baggage };
}

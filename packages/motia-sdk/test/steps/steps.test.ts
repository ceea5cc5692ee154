import { describe, expect, it } from '@jest/globals';
import { isMotiaError } from '@motia/protocol';
import {
  api, cron, defineStream, generateStepId, getApiTriggers, getCronTriggers, getLogTriggers, getQueueTriggers, getStateTriggers, getStreamTriggers, http, isApiTrigger, isCronTrigger, isLogTrigger, isQueueTrigger, isStateTrigger,
  isStreamTrigger, isSubscribeTrigger, log, queue, state, stream, subscribe, type StepConfig,
} from '../../src/index.js';
import { functionIds } from '../../src/steps/function-ids.js';
import { readStep } from '../../src/steps/read-step.js';
import { stepMetadata } from '../../src/steps/step-metadata.js';

describe('trigger builders and guards', () => {
  const condition = (): boolean => true;

  it('make the documented trigger objects', () => {
    expect(http('GET', '/a')).toEqual({ type: 'http', method: 'GET', path: '/a' });
    expect(http('GET', 'nolead')).toEqual({ type: 'http', method: 'GET', path: '/nolead' });
    expect(http('POST', '/a', { bodySchema: { type: 'object' } }, condition)).toEqual({ type: 'http', method: 'POST', path: '/a', bodySchema: { type: 'object' }, condition });
    expect(api('GET', '/a')).toEqual(http('GET', '/a'));
    expect(queue('t', { config: { maxRetries: 1 } }, condition)).toEqual({ type: 'queue', topic: 't', config: { maxRetries: 1 }, condition });
    expect(cron('0 0 9 * * * *', condition)).toEqual({ type: 'cron', expression: '0 0 9 * * * *', condition });
    expect(state(condition)).toEqual({ type: 'state', condition });
    expect(state({ scope: 's' })).toEqual({ type: 'state', scope: 's' });
    expect(stream('s')).toEqual({ type: 'stream', streamName: 's' });
    expect(stream('s', { groupId: 'g', condition })).toEqual({ type: 'stream', streamName: 's', groupId: 'g', condition });
    expect(stream('s', condition)).toEqual({ type: 'stream', streamName: 's', condition });
    expect(stream(defineStream({ name: 'chat', schema: {} }), { groupId: 'g' })).toEqual({ type: 'stream', streamName: 'chat', groupId: 'g' });
    expect(cron('0 0 9 * * * *', { timezone: 'Europe/Vienna', overlap: 'queueOne', condition })).toEqual({ type: 'cron', expression: '0 0 9 * * * *', timezone: 'Europe/Vienna', overlap: 'queueOne', condition });
    expect(cron({ at: '2030-01-01T00:00:00Z', catchUp: 'skip' })).toEqual({ type: 'cron', at: '2030-01-01T00:00:00Z', catchUp: 'skip' });
    expect(subscribe('prices', { input: { type: 'object' } }, condition)).toEqual({ type: 'subscribe', topic: 'prices', input: { type: 'object' }, condition });
    expect(log()).toEqual({ type: 'log' });
    expect(log(condition)).toEqual({ type: 'log', condition });
    expect(log({ level: 'error', condition })).toEqual({ type: 'log', level: 'error', condition });
    expect(http('POST', '/a', { respond: 'accepted', idempotency: { required: true } })).toEqual({ type: 'http', method: 'POST', path: '/a', respond: 'accepted', idempotency: { required: true } });
  });

  it('tell the types apart and pick them from a Step', () => {
    const triggers: StepConfig['triggers'] = [http('GET', '/a'), { type: 'api', method: 'GET', path: '/b' }, queue('t'), cron('* * * * * * *'), state(), stream('s'), subscribe('p'), cron({ at: 0 }), log()];
    const shape = (guard: (t: (typeof triggers)[number]) => boolean): boolean[] => triggers.map(guard);
    expect(shape(isApiTrigger)).toEqual([true, true, false, false, false, false, false, false, false]);
    expect(shape(isQueueTrigger)).toEqual([false, false, true, false, false, false, false, false, false]);
    expect(shape(isCronTrigger)).toEqual([false, false, false, true, false, false, false, true, false]);
    expect(shape(isStateTrigger)).toEqual([false, false, false, false, true, false, false, false, false]);
    expect(shape(isStreamTrigger)).toEqual([false, false, false, false, false, true, false, false, false]);
    expect(shape(isSubscribeTrigger)).toEqual([false, false, false, false, false, false, true, false, false]);
    expect(shape(isLogTrigger)).toEqual([false, false, false, false, false, false, false, false, true]);
    const made = { filePath: 'a', config: { name: 'n', triggers } };
    expect([getApiTriggers, getQueueTriggers, getCronTriggers, getStateTriggers, getStreamTriggers, getLogTriggers].map((get) => get(made).length)).toEqual([2, 1, 2, 1, 1, 1]);
  });
});

describe('ids', () => {
  it('follow the inventory; repeats get the place of the trigger', () => {
    expect(functionIds('N', [http('GET', '/a'), queue('t'), cron('* * * * * * *'), stream('s'), state(), queue('t'), state(), subscribe('p'), cron({ at: new Date(0) }), log({ level: 'warn' }), log(), log({ level: 'all' })])).toEqual([
      'steps::N::trigger::http(GET /a)',
      'steps::N::trigger::queue(t)',
      'steps::N::trigger::cron(* * * * * * *)',
      'steps::N::trigger::stream(s)',
      'steps::N::trigger::state',
      'steps::N::trigger::queue(t)-5',
      'steps::N::trigger::state-6',
      'steps::N::trigger::subscribe(p)',
      'steps::N::trigger::cron(at 1970-01-01T00:00:00.000Z)',
      'steps::N::trigger::log(warn)',
      'steps::N::trigger::log(all)',
      'steps::N::trigger::log(all)-11',
    ]);
  });

  it('of Steps are version 5 UUIDs in the given namespace', () => {
    // Python: uuid.uuid5(uuid.UUID('7f1c3ff2-9b00-4d0a-bdd7-efb8bca49d4f'), 'steps/hello.step.ts')
    expect(generateStepId('steps/hello.step.ts')).toBe('bba18767-7d0d-526f-93f0-3db302e3046f');
  });
});

describe('reading a Step file', () => {
  const handler = (): undefined => undefined;
  const problemOf = (module: unknown): string => {
    try {
      readStep('a.step.ts', module);
    } catch (error) {
      if (isMotiaError(error, 'MOTIA_SDK_STEP_INVALID')) return error.message;
      throw error;
    }
    return 'none';
  };

  it('names what is wrong with it', () => {
    expect(problemOf({})).toBe('a.step.ts is not a Step: it exports no `config`');
    expect(problemOf({ create: { config: { name: 'n', triggers: [] }, handler }, order: {} })).toBe('a.step.ts is not a Step: it exports no `config`: `create` must be the default export of a file of its own');
    expect(problemOf({ config: { triggers: [] } })).toContain('`config.name` must be');
    expect(problemOf({ config: { name: 'n' } })).toContain('`config.triggers` must be a list');
    expect(problemOf({ config: { name: 'n', triggers: [{ type: 'http', path: '/a', method: 'FETCH' }] }, handler })).toContain('`config.triggers[0]` has method FETCH; one of GET, POST');
    expect(problemOf({ config: { name: 'n', triggers: [{ type: 'queue' }] }, handler })).toContain('`config.triggers[0]` needs `topic`');
    expect(problemOf({ config: { name: 'n', triggers: [{ type: 'event' }] }, handler })).toContain('has type "event"; one of http, queue, cron, state, stream');
    expect(problemOf({ config: { name: 'n', triggers: [{ type: 'state' }] } })).toContain('it exports no `handler` function');
    expect(problemOf(undefined)).toContain('exports no `config`');
  });

  it.each([
    [{ type: 'http', path: '/a', method: 'GET', bodyschema: {} }, 'has no key `bodyschema`: did you mean `bodySchema`?'],
    [{ type: 'api', path: '/a', method: 'GET', body_schema: {} }, 'has no key `body_schema`: did you mean `bodySchema`?'],
    [{ type: 'http', path: '/a', method: 'GET', xyz: 1 }, 'has no key `xyz`; triggers of type http have path, method, bodySchema, '],
    [{ type: 'queue', topic: 't', inputs: {} }, 'has no key `inputs`: did you mean `input`?'],
    [{ type: 'cron', expression: '* * * * * * *', expresion: 'x' }, 'did you mean `expression`?'],
    [{ type: 'cron', expression: '* * * * * * *', time_zone: 'UTC' }, 'did you mean `timezone`?'],
    [{ type: 'cron', expression: '* * * * * * *', at: 0 }, 'has both `expression` and `at`: a schedule repeats or runs once'],
    [{ type: 'cron' }, 'needs `expression`'],
    [{ type: 'subscribe' }, 'needs `topic`'],
    [{ type: 'log', level: 'fatal' }, 'has level "fatal"; one of all, trace, debug, info, warn, error'],
    [{ type: 'log', levl: 'warn' }, 'has no key `levl`: did you mean `level`?'],
    [{ type: 'state', scop: 's' }, 'did you mean `scope`?'],
    [{ type: 'stream', streamName: 's', groupID: 'g', group: 'g' }, 'has no key `groupID`: did you mean `groupId`?'],
  ])('refuses a trigger %j with a key that would have no effect', (trigger, problem) => {
    expect(problemOf({ config: { name: 'n', triggers: [trigger] }, handler })).toContain(problem);
  });

  it('takes every key of every trigger type', () => {
    const condition = (): boolean => true;
    const triggers = [
      { type: 'http', path: '/a', method: 'GET', bodySchema: {}, responseSchema: {}, queryParams: [], middleware: [], timeoutMs: 1, rawBody: true, bodyLimitBytes: 1, bodyTimeoutMs: 1, consumes: [], produces: [], files: {}, respond: 'accepted', idempotency: true, condition, unset: undefined },
      { type: 'queue', topic: 't', input: {}, config: {}, infrastructure: {}, condition },
      { type: 'cron', expression: '* * * * * * *', timezone: 'UTC', overlap: 'allow', catchUp: 'all', catchUpWindowMs: 1, timeoutMs: 1, queue: 'q', condition },
      { type: 'cron', at: 0, condition },
      { type: 'subscribe', topic: 't', input: {}, condition },
      { type: 'state', scope: 's', key: 'k', condition },
      { type: 'stream', streamName: 's', groupId: 'g', itemId: 'i', condition },
      { type: 'log', level: 'warn', condition },
      { type: 'log' },
    ];
    expect(problemOf({ config: { name: 'n', triggers }, handler })).toBe('none');
  });

  it('turns flat configs of older versions into triggers and enqueues', () => {
    const flat = readStep('a', { config: { type: 'api', name: 'A', path: '/a', method: 'POST', emits: ['t'], bodySchema: { type: 'object' }, flows: ['f'] }, handler }).config;
    expect(flat).toEqual({ name: 'A', flows: ['f'], enqueues: ['t'], triggers: [{ type: 'http', path: '/a', method: 'POST', bodySchema: { type: 'object' } }] });
    expect(readStep('a', { config: { type: 'event', name: 'E', subscribes: ['x', 'y'], emits: [] }, handler }).config.triggers).toEqual([{ type: 'queue', topic: 'x' }, { type: 'queue', topic: 'y' }]);
    expect(readStep('a', { config: { type: 'cron', name: 'C', cron: '0 * * * *' }, handler }).config.triggers).toEqual([{ type: 'cron', expression: '0 * * * *' }]);
    expect(readStep('a', { config: { type: 'noop', name: 'N' } }).config.triggers).toEqual([]);
  });
});

describe('metadata', () => {
  it('is the config as plain JSON with file and step id', () => {
    const config = { name: 'M', triggers: [{ type: 'http', method: 'GET', path: '/m', middleware: [async () => undefined], condition: () => true, bodySchema: { type: 'object' } }], enqueues: ['t'] } as unknown as StepConfig;
    const metadata = stepMetadata(config, 'steps/m.step.ts');
    expect(metadata).toEqual({ name: 'M', enqueues: ['t'], triggers: [{ type: 'http', method: 'GET', path: '/m', bodySchema: { type: 'object' } }], filePath: 'steps/m.step.ts', stepId: generateStepId('steps/m.step.ts') });
    expect(JSON.parse(JSON.stringify(metadata))).toEqual(metadata);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseCommand } from '../src/cli/args.js';
import { usageOf } from '../src/cli/usage.js';
import { resolveTarget, type Target } from '../src/cli/verbs/resolve-target.js';
import { verbs, type Noun } from '../src/cli/verbs/verbs.js';

const refused = (mention: string) => expect.objectContaining({ code: 'MOTIA_ENGINE_USAGE', message: expect.stringContaining(mention) });

describe('iii <noun> <verb> <target>', () => {
  it.each([
    [['queues', 'pause', 'orders'], { target: 'orders' }],
    [['queues', 'publish', 'orders', '{"a":1}', '--group', 'g', '--dedup', 'd', '--delay', '500'], { target: 'orders', data: '{"a":1}', body: { messageGroupId: 'g', dedupId: 'd', delayMs: 500 } }],
    [['queues', 'publish', 'queue:emails', '-', '--function', 'send'], { target: 'queue:emails', data: '-', functionMeant: { given: 'send', isCalled: true }, body: {} }],
    [['queues', 'dead', 'orders', '--limit', '5', '--code', 'X'], { target: 'orders', query: { limit: 5, code: 'X' } }],
    [['queues', 'redrive', 'orders', 'm-1', 'm-2', '--head'], { target: 'orders', body: { messageIds: ['m-1', 'm-2'], head: true } }],
    [['queues', 'redrive', 'orders', '--all', '--rate', '10'], { target: 'orders', body: { ratePerSecond: 10 } }],
    [['queues', 'redrive', 'orders', '--dry-run'], { target: 'orders', body: { dryRun: true } }],
    [['queues', 'discard', 'orders', '--code', 'X', '--function', 'f'], { target: 'orders', body: { code: 'X' }, functionMeant: { given: 'f', isCalled: false } }],
    [['queues', 'discard', 'orders', '--all'], { target: 'orders', body: { all: true } }],
    [['crons', 'run', 'Nightly'], { target: 'Nightly' }],
    [['crons', 'backfill', 'Nightly', '--from', '2026-01-01T00:00:00Z', '--dry-run'], { target: 'Nightly', body: { from: '2026-01-01T00:00:00Z', dryRun: true } }],
    [['crons', 'history', 'Nightly'], { target: 'Nightly', query: { limit: 50 } }],
    [['workers', 'drain', 'w-1'], { target: 'w-1' }],
  ])('understands %j', (words, request) => {
    const [noun, verb] = words;
    expect(parseCommand([...words, '--json', '-c', 'a.yaml'])).toEqual({ name: 'verb', noun, verb, request, json: true, config: { kind: 'file', path: 'a.yaml' } });
  });

  it.each([
    [['queues', 'more'], 'there are publish, pause, resume, dead, redrive, discard'],
    [['workers', 'dance'], 'there are restart, drain, token rotate'],
    [['queues', 'pause'], 'iii queues pause <queue>'],
    [['crons', 'run', 'a', 'b'], 'iii crons run <job>'],
    [['queues', 'publish', 'orders'], 'iii queues publish <queue> <data>'],
    [['queues', 'redrive', 'orders'], 'needs to know which dead letters'],
    [['queues', 'discard', 'orders'], 'needs to know which dead letters'],
    [['queues', 'discard', 'orders', 'm-1', '--all'], 'either messages or --all'],
    [['queues', 'discard', 'orders', '--all', '--dry-run'], '--dry-run does not belong to `iii queues discard`'],
    [['queues', 'redrive', 'orders', '--all', '--rate', '0'], '--rate is 1 to 100000'],
    [['crons', 'backfill', 'Nightly'], 'needs --from'],
    [['crons', 'backfill', 'Nightly', '--from', 'yesterday'], '--from is a time'],
    [['crons', 'pause', 'Nightly', '--all'], '--all does not belong to `iii crons pause`, which takes --json'],
    [['workers', 'restart', '__proto__', '--slow'], '--slow does not belong'],
  ])('refuses %j as wrong usage', (words, mention) => {
    expect(() => parseCommand(words)).toThrow(refused(mention));
  });

  it('tells in its help of every verb and every option that it takes', () => {
    for (const noun of Object.keys(verbs) as Noun[]) {
      expect(parseCommand([noun, 'anything', '--help'])).toEqual({ name: 'help', noun });
      const help = usageOf(noun);
      for (const [word, { operands, options }] of Object.entries(verbs[noun])) {
        const [, told = ''] = help.split(`iii ${noun} ${word} ${operands} `);
        expect(told.split('\n')[1]).toBe(`${' '.repeat(52)}(${options.map((name) => `--${name}`).join(' ')})`);
        expect(usageOf(undefined)).toMatch(new RegExp(`iii ${noun} .*\\b${word}\\b`));
      }
    }
  });
});

describe('what a verb is about', () => {
  const targets: readonly Target[] = [
    { id: 'topic:orders', names: ['orders'] }, { id: 'topic:orders bill', names: ['bill'] }, { id: 'queue:mail', names: ['mail'] }, { id: 'topic:mail', names: ['mail'] }, { id: 'trg_ab12cd34', names: ['nightly'] }, { id: 'trg_ab99', names: [] },
  ];

  it.each([['topic:orders', 'topic:orders'], ['orders', 'topic:orders'], ['bill', 'topic:orders bill'], ['trg_ab1', 'trg_ab12cd34'], ['queue:mail', 'queue:mail']])('"%s" is %s', (given, id) => {
    expect(resolveTarget('queues', given, targets)).toBe(id);
  });

  it.each([['mail', 'MOTIA_ENGINE_TARGET_AMBIGUOUS', 'queue:mail, topic:mail'], ['trg_ab', 'MOTIA_ENGINE_TARGET_AMBIGUOUS', 'trg_ab12cd34, trg_ab99'], ['ordres', 'MOTIA_ENGINE_TARGET_UNKNOWN', 'near it are orders'], ['trg_', 'MOTIA_ENGINE_TARGET_UNKNOWN', '"trg_"']])('"%s" is %s', (given, code, mention) => {
    expect(() => resolveTarget('queues', given, targets)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(mention) }));
  });

  it('is never guessed: whatever is given, it is an id, a name or a beginning of what is found', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', ':'), minLength: 1, maxLength: 9 });
    fc.assert(fc.property(fc.uniqueArray(fc.record({ id: word, names: fc.array(word, { maxLength: 2 }) }), { selector: ({ id }) => id, maxLength: 6 }), word, (all, given) => {
      let id: string;
      try {
        id = resolveTarget('crons', given, all);
      } catch {
        return true;
      }
      const found = all.filter((target) => target.id === id);
      const others = all.filter((target) => target.id !== id);
      return found.length === 1 && (id === given || (found[0]?.names.includes(given) === true && !others.some(({ names }) => names.includes(given))) || (id.startsWith(given) && !others.some((other) => other.id.startsWith(given))));
    }));
  });
});

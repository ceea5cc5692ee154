import { describe, expect, it } from '@jest/globals';
import { QueueChecker } from './fixtures/queue-checker.js';

type Line = readonly [object, number?];
const attempt = (id: string, group?: string): Line => [{ attempt: id, topic: 't', data: { id, ...(group === undefined ? {} : { group }) }, dedupId: id }];
const ack = (id: string, receipt = `r-${id}`): Line => [{ ack: id, receipt }];
const start = (id: string, more: object = {}, round = 0): Line => [{ start: id, key: `k-${id}`, pid: 1, ...more }, round];
const done = (id: string, pid = 1): Line => [{ done: id, key: `k-${id}`, pid }];
const failed = (id: string): Line => [{ failed: id, key: `k-${id}`, pid: 1 }];
const g = { group: 'g' };

function faults(...lines: readonly Line[]): readonly string[] {
  const checker = new QueueChecker();
  for (const [line, round = 0] of lines) checker.note(line, round);
  return checker.finish();
}

describe('the checker of killed queues', () => {
  it('is content with what is right', () => {
    expect(faults(attempt('0.0.0', 'g'), ack('0.0.0'), start('0.0.0', g), failed('0.0.0'), start('0.0.0', g), done('0.0.0'), attempt('0.0.1', 'g'), ack('0.0.1'), start('0.0.1', g), done('0.0.1'))).toEqual([]);
    // Never acknowledged: there or not.
    expect(faults(attempt('a'), attempt('b'), start('b'), done('b'))).toEqual([]);
    // Twice, with the death of a process or an engine in between.
    expect(faults(attempt('a'), ack('a'), start('a'), [{ killed: 1 }], start('a', { pid: 2 }), done('a', 2), start('a', { pid: 2 }, 1), done('a', 2))).toEqual([]);
  });

  it('excuses as many repeats as there were losses, where these are told', () => {
    const twice = (losses: number): readonly string[] => faults(attempt('a'), ack('a'), start('a', { losses: 0 }), start('a', { pid: 2, losses: 1 }), start('a', { pid: 3, losses }), done('a', 3));
    expect([twice(2), twice(1)]).toEqual([[], ['delivered twice without a loss: a']]);
  });

  it.each([
    ['a message that was accepted and never done', [attempt('a'), ack('a'), start('a')], 'lost: a'],
    ['a message that nobody enqueued', [start('a'), done('a')], 'phantom: a'],
    ['a message delivered twice without a loss', [attempt('a'), ack('a'), start('a'), done('a'), start('a'), done('a')], 'delivered twice without a loss: a'],
    ['a message delivered to another process without a loss', [attempt('a'), ack('a'), start('a'), start('a', { pid: 2 }), done('a', 2)], 'delivered twice without a loss: a'],
    ['two keys', [attempt('a'), ack('a'), start('a'), failed('a'), start('a', { key: 'other' }), done('a')], 'two keys for one message: a'],
    ['two receipts', [attempt('a'), ack('a'), ack('a', 'other'), start('a'), done('a')], 'two receipts for one dedupId: a'],
    ['a group out of order', [attempt('0.0.0', 'g'), attempt('0.0.1', 'g'), start('0.0.1', g), done('0.0.1'), start('0.0.0', g), done('0.0.0')], 'out of order: 0.0.0 after 0.0.1'],
    ['two of a group at a time', [attempt('0.0.0', 'g'), attempt('0.0.1', 'g'), start('0.0.0', g), start('0.0.1', g), done('0.0.0'), done('0.0.1')], 'began before 0.0.0 was done: 0.0.1'],
    ['an earlier one that comes again', [attempt('0.0.0', 'g'), attempt('0.0.1', 'g'), start('0.0.0', g), done('0.0.0'), start('0.0.1', g), start('0.0.0', { ...g, pid: 2 }), done('0.0.0', 2), done('0.0.1')], 'came again after a later one of its group: 0.0.0'],
  ] as const)('finds %s', (_what, lines, fault) => {
    expect(faults(...(lines as unknown as Line[]))).toContain(fault);
  });
});

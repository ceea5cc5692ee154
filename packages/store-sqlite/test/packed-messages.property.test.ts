import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { storeErrors } from '../src/errors.js';
import { packCommands, unpackCommands } from '../src/thread/packed-commands.js';
import { packOutcomes, unpackOutcomes } from '../src/thread/packed-outcomes.js';
import type { UnitOutcome } from '../src/writer/unit.js';

const command = fc.record({
  program: fc.constantFrom('state', 'queue'),
  command: fc.constantFrom('write', 'exchange', 'expire'),
  input: fc.oneof(fc.record({ key: fc.string(), version: fc.integer() }, { noNullPrototype: true }), fc.constant(undefined), fc.string()),
  nowMs: fc.integer({ min: 1, max: 3 }),
}, { noNullPrototype: true });
/** Commands by themselves, and transactions. */
const units = fc.array(fc.array(command, { minLength: 1, maxLength: 4 }).map((commands) => ({ commands })), { maxLength: 30 });
const failure = storeErrors.FULL({ file: '/a' });

describe('messages between the threads', () => {
  it('give the writer the commands of each unit, in their order', () => {
    fc.assert(fc.property(units, (given) => {
      expect(unpackCommands(packCommands(given))).toStrictEqual(given);
    }));
  });

  it('give each unit its own answers, or its own error', () => {
    fc.assert(fc.property(units, fc.infiniteStream(fc.nat({ max: 3 })), (given, dice) => {
      const outcomes: UnitOutcome[] = given.map(({ commands }, at) => {
        const [thrown = 0] = [...dice.take(1)];
        if (thrown === 0) return { error: failure, failedAt: commands.length - 1 };
        return thrown === 1 ? { error: failure } : { values: commands.map((each, place) => ({ of: each.command, at, place })) };
      });
      const received = unpackOutcomes(given, packOutcomes(given, outcomes));
      expect(received.map((outcome) => ('values' in outcome ? outcome : { code: outcome.error.code, failedAt: outcome.failedAt }))).toEqual(
        outcomes.map((outcome) => ('values' in outcome ? outcome : { code: 'MOTIA_STORE_FULL', failedAt: outcome.failedAt })),
      );
    }));
  });
});

import type { StoreSql } from '@motia/engine-core/contract';
import { keptFailures, type JobFailure } from '../job.js';

const longestStack = 4_096;
const longestMessage = 2_048;

/** The failures of a job with one more, newest first, bounded. */
export function withFailure(sql: StoreSql, seq: number, failure: JobFailure): string {
  const before = sql.get<{ failures: string | null }>('SELECT failures FROM queue_jobs WHERE seq = ?', seq)?.failures ?? null;
  const { stack, message, ...rest } = failure;
  const entry = { ...rest, message: message.slice(0, longestMessage), ...(stack === undefined ? {} : { stack: stack.slice(0, longestStack) }) };
  return JSON.stringify([entry, ...readFailures(before)].slice(0, keptFailures));
}

export function readFailures(text: string | null): readonly JobFailure[] {
  return text === null ? [] : (JSON.parse(text) as readonly JobFailure[]);
}

import type { JobState, JobView } from '../job.js';
import { queueLabel } from '../job.js';

/** What is known beside the job itself. */
export interface ExplainFacts {
  readonly nowMs: number;
  readonly waitsFor: { readonly messageId: string; readonly state: JobState } | undefined;
  readonly isPaused: boolean;
  /** Since when nobody serves the subscription. */
  readonly leftAtMs: number | undefined;
  /** It belongs to a queue that the config does not name any more. */
  readonly isRetired: boolean;
  /** The function, or its condition, that no process of this engine is ready to run. */
  readonly missing: string | undefined;
  readonly running: number;
  readonly concurrency: number | undefined;
  /** Set while a message that may kill its process runs alone. */
  readonly isReserved: boolean;
  readonly isHere: boolean;
  /** This engine has it, and starts it when a place is free. */
  readonly isNext: boolean;
}

/** Why a message is where it is, in one code and one sentence, the nearest reason first. */
export interface Explanation {
  readonly messageId: string;
  readonly state: JobState;
  readonly reason: string;
  readonly explanation: string;
  readonly untilMs?: number;
  readonly waitsFor?: string;
}

/** Says why a message is not running, or what became of it. */
export function explain(job: JobView, facts: ExplainFacts): Explanation {
  const { reason, text, ...rest } = why(job, facts);
  return { messageId: job.messageId, state: facts.isNext ? 'ready' : job.state, reason, explanation: text, ...rest };
}

type Why = { readonly reason: string; readonly text: string; readonly untilMs?: number; readonly waitsFor?: string };

function why(job: JobView, facts: ExplainFacts): Why {
  const { attempts, losses, failures } = job;
  const [newest] = failures;
  const last = newest === undefined ? '' : ` The last error was ${newest.code}: ${newest.message.replace(/[.\s]+$/, '')}.`;
  switch (job.state) {
    case 'completed':
      return { reason: 'completed', text: `It was completed at ${iso(job.endedAtMs)} by delivery ${job.deliveries}.` };
    case 'cancelled':
      return { reason: 'cancelled', text: `It was cancelled at ${iso(job.endedAtMs)}.` };
    case 'discarded':
      return { reason: 'discarded', text: `An operator discarded it at ${iso(job.endedAtMs)}.${last}` };
    case 'dead':
      return { reason: 'dead', text: `It was given up at ${iso(job.endedAtMs)} after ${attempts} failed attempts and ${losses} losses.${last} Redrive it, or discard it.` };
    case 'blocked':
      return { reason: 'blocked', text: `It was given up at ${iso(job.endedAtMs)}, and its group "${job.group ?? ''}" waits until it is redriven or discarded.${last}` };
    case 'leased':
      if (facts.isNext) return ready(job, facts);
      return { reason: 'running', text: `Delivery ${job.deliveries} is running since ${iso(job.startedAtMs)}${facts.isHere ? '' : ` in engine ${job.leasedBy ?? 'unknown'}`}; its lease is renewed and ends ${iso(job.leasedUntilMs)}.`, ...until(job.leasedUntilMs) };
    case 'behind':
      return { reason: 'group', text: `Messages of the group "${job.group ?? ''}" are handled in order: it waits for ${facts.waitsFor?.messageId ?? 'another one'}, which is ${facts.waitsFor?.state ?? 'gone'}.`, ...(facts.waitsFor === undefined ? {} : { waitsFor: facts.waitsFor.messageId }) };
    case 'delayed':
      return delayed(job, facts, last);
    case 'ready':
      return ready(job, facts);
  }
}

function delayed(job: JobView, facts: ExplainFacts, last: string): Why {
  if (facts.isPaused) return paused(job);
  if (job.dueAtMs !== undefined && job.dueAtMs <= facts.nowMs) return ready(job, facts);
  const failed = job.attempts + job.losses;
  const [reason, what] = failed > 0 ? ['backoff', `Attempt ${failed + 1} comes`] : job.deliveries > 0 ? ['released', 'It was given back without an attempt, and comes again'] : ['delay', 'It was enqueued for'];
  return { reason, text: `${what} ${iso(job.dueAtMs)}, in ${Math.max(0, Math.round(((job.dueAtMs ?? facts.nowMs) - facts.nowMs) / 1_000))} s.${last}`, ...until(job.dueAtMs) };
}

function ready(job: JobView, facts: ExplainFacts): Why {
  if (facts.isPaused) return paused(job);
  if (facts.isRetired) return { reason: 'no_queue', text: `The queue ${queueLabel(job.queue)} is not in \`queue_configs\` any more. It waits until the queue is declared again, or it is cancelled.` };
  if (facts.leftAtMs !== undefined) return { reason: 'no_subscriber', text: `Nobody subscribes as "${job.functionId}" since ${iso(facts.leftAtMs)}. It waits for the subscriber to come back.` };
  if (job.functionId === '') return { reason: 'no_subscriber', text: 'Nobody has subscribed to its topic yet.' };
  if (facts.missing !== undefined) return { reason: 'no_worker', text: `No process of this engine is ready to run "${facts.missing}".` };
  if (facts.isReserved) return { reason: 'isolation', text: 'A message that may have killed its process runs alone now; the others of the queue wait for it.' };
  if (facts.concurrency !== undefined && facts.running >= facts.concurrency) return { reason: 'concurrency', text: `All ${facts.concurrency} places of the queue ${queueLabel(job.queue)} are taken; it runs when one is free.` };
  return { reason: 'next', text: 'It is about to run.' };
}

function paused(job: JobView): Why {
  return { reason: 'paused', text: `The queue ${queueLabel(job.queue)} is paused. \`queue::resume\` lets it go on.` };
}

function until(ms: number | undefined): { readonly untilMs?: number } {
  return ms === undefined ? {} : { untilMs: ms };
}

function iso(ms: number | undefined): string {
  return ms === undefined ? 'an unknown time' : new Date(ms).toISOString();
}

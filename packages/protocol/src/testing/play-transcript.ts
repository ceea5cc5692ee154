import { messageOf } from '../errors.js';
import type { EndpointRole } from '../endpoint.js';
import { createMemoryTransportPair } from '../transports/memory-transport.js';
import type { Transport } from '../transport.js';
import { concrete, mismatch } from './match.js';
import type { Bindings } from './match.js';
import { TranscriptPeer } from './transcript-peer.js';
import type { Transcript, TranscriptAction, TranscriptStep, TranscriptTraffic } from './transcript.js';

/** The side under test. */
export interface TranscriptSubject {
  /** Takes its end of the connection. Called once, before the first step. */
  attach(transport: Transport): void;
  /** Does what a line asks for; for `outcome` answers `{ result }`, `{ noValue: true }` or `{ error }`. */
  act(action: TranscriptAction): unknown;
  /** After the last step, whatever happened. */
  dispose?(): void | Promise<void>;
}

export interface PlayOptions {
  readonly role: EndpointRole;
  readonly subject: TranscriptSubject;
  /** Where `after` is looked up. */
  readonly transcripts: ReadonlyMap<string, Transcript>;
  /** How long a step waits for the subject. Default 5,000 ms. */
  readonly patienceMs?: number;
}

/**
 * Plays a transcript against one side over an in-memory connection.
 * @throws Error naming transcript, line and difference at the first thing that is not as written
 */
export async function playTranscript(transcript: Transcript, { role, subject, transcripts, patienceMs = 5000 }: PlayOptions): Promise<void> {
  const [subjectEnd, peerEnd] = createMemoryTransportPair();
  const peer = new TranscriptPeer(peerEnd, patienceMs);
  const bindings: Bindings = new Map();
  subject.attach(subjectEnd);
  try {
    for (const part of withPrelude(transcript, transcripts)) {
      for (const step of part.steps) {
        try {
          await playStep(step, { role, subject, peer, bindings });
        } catch (cause) {
          throw new Error(`${part.name}.jsonl line ${step.line}: ${messageOf(cause)}`, { cause });
        }
      }
    }
  } finally {
    await subject.dispose?.();
    peerEnd.destroy();
  }
}

interface Stage {
  readonly role: EndpointRole;
  readonly subject: TranscriptSubject;
  readonly peer: TranscriptPeer;
  readonly bindings: Bindings;
}

async function playStep(step: TranscriptStep, { role, subject, peer, bindings }: Stage): Promise<void> {
  if ('by' in step) {
    if (step.by !== role) return;
    const outcome = await peer.patiently(Promise.resolve(subject.act(step)), `the subject to do ${step.do}`);
    const difference = step.do === 'outcome' ? mismatch(step.is, outcome, bindings) : undefined;
    if (difference !== undefined) throw new Error(`outcome of ${String(step.of)}: ${difference}`);
  } else if (step.from === role) {
    await expectFromSubject(step, peer, bindings);
  } else if (step.message !== undefined) {
    peer.send(concrete(step.message, bindings), step.raw);
  } else if (step.bytes !== undefined) {
    peer.sendBytes(step.bytes);
  } else if (step.end === true) {
    peer.end();
  }
}

async function expectFromSubject(step: TranscriptTraffic, peer: TranscriptPeer, bindings: Bindings): Promise<void> {
  if (step.end === true) return peer.ended();
  if (step.credit !== undefined) return peer.credited(step.credit.channelId, step.credit.atLeast);
  const { message, raw } = await peer.nextMessage();
  const difference = mismatch(step.message, message, bindings) ?? rawMismatch(step, raw);
  if (difference !== undefined) throw new Error(`${difference}\n  in ${JSON.stringify(message)}`);
}

function rawMismatch(step: TranscriptTraffic, raw: Buffer | undefined): string | undefined {
  if (step.raw === undefined) return raw === undefined ? undefined : 'expected a plain frame, got a raw one';
  if (raw === undefined) return 'expected a raw frame, got a plain one';
  const isJson = (step.message?.['raw'] as { as?: unknown } | undefined)?.as === 'json';
  const read = (text: string): unknown => (isJson ? JSON.parse(text) : text);
  return mismatch(read(step.raw), read(raw.toString()), new Map(), 'raw');
}

function withPrelude(transcript: Transcript, transcripts: ReadonlyMap<string, Transcript>): Transcript[] {
  if (transcript.after === undefined) return [transcript];
  const before = transcripts.get(transcript.after);
  if (before === undefined) throw new Error(`${transcript.name} comes after ${transcript.after}, which is not there`);
  return [...withPrelude(before, transcripts), transcript];
}

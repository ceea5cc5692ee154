import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { EndpointRole } from '../endpoint.js';

/** Something that the side under test is told to do. The members beside `do` depend on it (`transcripts/README.md`). */
export interface TranscriptAction {
  readonly by: EndpointRole;
  readonly do: 'start' | 'invoke' | 'cancel' | 'deadline' | 'drain' | 'shutdown' | 'outcome';
  /** The name that later lines use for the call. */
  readonly as?: string;
  /** The call that it is about. */
  readonly of?: string;
  readonly params?: { readonly functionId: string; readonly invocationId: string };
  readonly payload?: unknown;
  readonly rawBody?: string;
  readonly deadlineMs?: number;
  readonly reason?: string;
  /** What the outcome must match. */
  readonly is?: unknown;
}
/** Something that goes over the wire. */
export interface TranscriptTraffic {
  readonly from: EndpointRole;
  readonly message?: Readonly<Record<string, unknown>>;
  readonly raw?: string;
  readonly bytes?: string;
  readonly credit?: { readonly channelId: string; readonly atLeast: number };
  readonly end?: true;
}
export type TranscriptStep = { readonly line: number } & (TranscriptAction | TranscriptTraffic);

export interface Transcript {
  readonly name: string;
  readonly title: string;
  readonly protocol: string;
  readonly subjects: readonly EndpointRole[];
  /** Name of the transcript that is played before this one on the same connection. */
  readonly after: string | undefined;
  readonly steps: readonly TranscriptStep[];
}

/** Reads one transcript file. @throws Error naming the line that is no JSON */
export function parseTranscript(text: string): Transcript {
  const lines = text.split('\n').flatMap((content, index) => (content.trim() === '' ? [] : [{ line: index + 1, content: parseLine(content, index + 1) }]));
  const [head, ...steps] = lines;
  if (head === undefined) throw new Error('the transcript is empty');
  const { transcript, title, protocol, subjects, after } = head.content as { transcript: string; title: string; protocol: string; subjects: EndpointRole[]; after?: string };
  return { name: transcript, title, protocol, subjects, after, steps: steps.map(({ line, content }) => ({ line, ...(content as TranscriptTraffic) })) };
}

/** The transcripts that come with this package, by name. */
export function loadTranscripts(): ReadonlyMap<string, Transcript> {
  const folder = join(dirname(createRequire(import.meta.url).resolve('@motia/protocol/package.json')), 'transcripts');
  const files = readdirSync(folder).filter((file) => file.endsWith('.jsonl'));
  return new Map(files.sort().map((file) => parseTranscript(readFileSync(join(folder, file), 'utf8'))).map((transcript) => [transcript.name, transcript]));
}

function parseLine(content: string, line: number): unknown {
  try {
    return JSON.parse(content) as unknown;
  } catch (cause) {
    throw new Error(`line ${line} is no JSON`, { cause });
  }
}

import { nameProblem } from '../name.js';
import type { Place } from '../delivery/frame-text.js';
import type { ResumePosition } from '../delivery/catch-up.js';

export interface JoinMessage {
  readonly type: 'join';
  readonly subscriptionId: string;
  readonly place: Place;
  readonly resume: ResumePosition | undefined;
}
export type ClientMessage = JoinMessage | { readonly type: 'leave'; readonly subscriptionId: string } | { readonly type: 'ping' };

/** Why a message is none, with the subscription id that it named if one can be told. */
export interface MessageProblem {
  readonly problem: string;
  readonly ref: string | null;
}
export type ParsedMessage = { readonly ok: true; readonly message: ClientMessage } | ({ readonly ok: false } & MessageProblem);

const longestSubscriptionId = 128;
const longestEpoch = 64;

/** Reads the text of a plain WebSocket message. */
export function parseMessageText(text: string): ParsedMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: 'it is not JSON', ref: null };
  }
  if (!isObject(value)) return { ok: false, problem: 'it is not an object', ref: null };
  return parseMessage(value['type'], value['data']);
}

/** Reads a message by its type, whichever way it came. */
export function parseMessage(type: unknown, data: unknown): ParsedMessage {
  if (type === 'ping') return { ok: true, message: { type } };
  if (type !== 'join' && type !== 'leave') return { ok: false, problem: 'its type is none of join, leave, ping', ref: null };
  if (!isObject(data)) return { ok: false, problem: '`data` is not an object', ref: null };
  const { subscriptionId } = data;
  if (typeof subscriptionId !== 'string' || subscriptionId === '' || subscriptionId.length > longestSubscriptionId) {
    return { ok: false, problem: `\`subscriptionId\` is not a text of 1 to ${longestSubscriptionId} characters`, ref: null };
  }
  if (type === 'leave') return { ok: true, message: { type, subscriptionId } };
  return parseJoin(subscriptionId, data);
}

function parseJoin(subscriptionId: string, data: Readonly<Record<string, unknown>>): ParsedMessage {
  const refuse = (problem: string): ParsedMessage => ({ ok: false, problem, ref: subscriptionId });
  const { streamName, groupId, epoch, lastSeq } = data;
  // Clients in other languages send null for what is absent.
  const id = data['id'] ?? undefined;
  for (const [field, value] of [['streamName', streamName], ['groupId', groupId], ...(id === undefined ? [] : [['id', id] as const])] as const) {
    const problem = nameProblem(value);
    if (problem !== undefined) return refuse(`\`${field}\` ${problem}`);
  }
  const place: Place = { stream: streamName as string, group: groupId as string, ...(id === undefined ? {} : { item: id as string }) };
  if ((epoch ?? undefined) === undefined && (lastSeq ?? undefined) === undefined) return { ok: true, message: { type: 'join', subscriptionId, place, resume: undefined } };
  if (typeof epoch !== 'string' || epoch === '' || epoch.length > longestEpoch) return refuse('`epoch` is not the text that came with the frames');
  if (typeof lastSeq !== 'number' || !Number.isSafeInteger(lastSeq) || lastSeq < 0) return refuse('`lastSeq` is not a whole number from 0 on');
  return { ok: true, message: { type: 'join', subscriptionId, place, resume: { epoch, seq: lastSeq } } };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { defineErrors } from './errors.js';
import type { ErrorEntry } from './errors.js';

/** Error numbers of JSON-RPC 2.0. Every application error travels as `application`; the others are the transport's. */
export const JsonRpcCode = {
  application: 1,
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
} as const;

const since = '0.1.0';
const entry = <D>(value: Omit<ErrorEntry<D>, 'since'>): ErrorEntry<D> => ({ since, ...value });

/** What can go wrong on the wire itself. Codes read `MOTIA_PROTOCOL_<KEY>`. */
export const ProtocolErrors = defineErrors('PROTOCOL', {
  FRAME_INVALID: entry<{ reason: string; excerpt?: string }>({
    status: 502,
    retryable: false,
    message: ({ reason, excerpt }) => `invalid frame: ${reason}${excerpt === undefined ? '' : ` (near ${JSON.stringify(excerpt)})`}`,
    remedy: 'Frames are "Content-Length: <digits>\\r\\n\\r\\n" and that many bytes. Nothing else may write to the protocol stream.',
  }),
  FRAME_TOO_LARGE: entry<{ bytes: number; limit: number }>({
    status: 413,
    retryable: false,
    message: ({ bytes, limit }) => `a frame of ${bytes} bytes is over the limit of ${limit} bytes`,
    remedy: 'Send large data through a channel, or raise maxFrameBytes on both sides.',
  }),
  JSON_MALFORMED: entry<{ reason: string }>({
    status: 502,
    retryable: false,
    message: ({ reason }) => `the body of a frame is not JSON: ${reason}`,
    remedy: 'Send one JSON-RPC 2.0 object in UTF-8 per frame.',
  }),
  MESSAGE_INVALID: entry<{ reason: string }>({
    status: 502,
    retryable: false,
    message: ({ reason }) => `not a JSON-RPC 2.0 message: ${reason}`,
    remedy: 'Send one object with "jsonrpc": "2.0" per frame; batches are not part of this protocol.',
  }),
  METHOD_NOT_FOUND: entry<{ method: string }>({
    status: 501,
    retryable: false,
    message: ({ method }) => `the peer does not know the method ${method}`,
    remedy: 'Bring both sides to the same protocol version.',
  }),
  PARAMS_INVALID: entry<{ method: string; reason: string }>({
    status: 400,
    retryable: false,
    message: ({ method, reason }) => `invalid params of ${method}: ${reason}`,
    remedy: 'See docs/reference/protocol.md for the shape of each message.',
  }),
  PEER_FAULTY: entry<{ faults: number; last: string }>({
    status: 502,
    retryable: true,
    message: ({ faults, last }) => `connection closed after ${faults} protocol faults, the last one: ${last}`,
    remedy: 'Look at the faults logged before this one: something other than the SDK writes to the protocol stream.',
  }),
  BACKPRESSURE: entry<{ what: 'bytes' | 'calls'; current: number; limit: number }>({
    status: 503,
    retryable: true,
    message: ({ what, current, limit }) =>
      what === 'bytes' ? `the peer does not read: ${current} bytes wait, the limit is ${limit}` : `${current} calls wait for an answer, the limit is ${limit}`,
    remedy: 'The peer is overloaded or stopped. Call again later, or run more replicas.',
  }),
  CONNECTION_CLOSED: entry<{ reason: string }>({
    status: 502,
    retryable: true,
    message: ({ reason }) => `the connection is closed: ${reason}`,
    remedy: 'The peer left. The call may or may not have run.',
  }),
  NOT_SERIALIZABLE: entry<{ path: string; reason: string }>({
    status: 500,
    retryable: false,
    message: ({ path, reason }) => `the value at ${path === '' ? 'the top' : path} cannot be sent as JSON: ${reason}`,
    remedy: 'Send plain JSON data: no BigInt, function, symbol or cycle.',
  }),
  VERSION_UNSUPPORTED: entry<{ ours: string; theirs: string }>({
    status: 400,
    retryable: false,
    message: ({ ours, theirs }) => `the peer speaks protocol ${theirs}, this side speaks ${ours}`,
    remedy: 'Bring the engine and the SDK to versions with the same protocol major.',
  }),
  HANDLER_FAILED: entry<{ name: string }>({
    status: 500,
    retryable: false,
    message: ({ name }) => `the handler threw ${name}`,
    remedy: 'See the cause in the log of the process that ran the handler.',
  }),
  REMOTE_FAILED: entry<{ rpcCode: number; message: string; data?: unknown }>({
    status: 502,
    retryable: false,
    message: ({ message }) => message,
    remedy: 'The peer answered with a JSON-RPC error that carries no error code of ours.',
  }),
  CHANNEL_CLOSED: entry<{ channelId: string; reason: string }>({
    status: 409,
    retryable: false,
    message: ({ channelId, reason }) => `channel ${channelId} is closed: ${reason}`,
    remedy: 'Write before close, and stop writing when the reader has left.',
  }),
  CHANNEL_CREDIT_EXCEEDED: entry<{ channelId: string; bytes: number; credit: number }>({
    status: 502,
    retryable: false,
    message: ({ channelId, bytes, credit }) => `channel ${channelId} got ${bytes} bytes with ${credit} bytes of credit left`,
    remedy: 'A writer must wait for channels/credit before it sends more.',
  }),
});

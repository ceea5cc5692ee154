import type { JsonSchema } from '@motia/engine-core/contract';

const texts: JsonSchema = { type: 'object', additionalProperties: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] } };

const channel: JsonSchema = { type: 'object', properties: { channel_id: { type: 'string' }, access_key: { type: 'string' }, direction: { enum: ['read', 'write'] } } };

/** What a function gets for a request. Names as inventoried; SDKs add camelCase views. */
export const httpPayloadSchema: JsonSchema = {
  type: 'object',
  required: ['query_params', 'path_params', 'headers', 'path', 'method', 'body', 'trigger', 'request_id'],
  properties: {
    query_params: { type: 'object', description: 'Text, or a list where a name is repeated; coerced when the trigger has a query schema.' },
    path_params: { type: 'object', additionalProperties: { type: 'string' }, description: 'Decoded.' },
    headers: texts,
    path: { type: 'string', description: 'The registered pattern.' },
    method: { type: 'string' },
    body: { description: 'Parsed JSON, text, the fields of a form, or null.' },
    request_body: { ...channel, description: 'To read the bytes of a body that is not parsed.' },
    files: { ...channel, description: 'To read the files of a multipart form.' },
    raw_body: { type: 'string', description: 'Base64 of the exact bytes, on routes that ask for them.' },
    response: { ...channel, description: 'To write the response as a stream.' },
    trigger: { type: 'object', properties: { type: { const: 'http' }, path: { type: 'string' }, method: { type: 'string' } } },
    request_id: { type: 'string' },
    client_address: { type: 'string', description: 'IP address, past the proxies that are trusted.' },
    protocol: { enum: ['http', 'https'] },
    context: { type: 'object', description: 'What middleware put there; absent when nothing did.' },
  },
};

import type { JsonSchema } from '@motia/engine-core/contract';

const texts: JsonSchema = { type: 'object', additionalProperties: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] } };

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
    body: { description: 'Parsed JSON, text, or null.' },
    trigger: { type: 'object', properties: { type: { const: 'http' }, path: { type: 'string' }, method: { type: 'string' } } },
    request_id: { type: 'string' },
    client_address: { type: 'string', description: 'IP address, past the proxies that are trusted.' },
    protocol: { enum: ['http', 'https'] },
    context: { type: 'object', description: 'What middleware put there; absent when nothing did.' },
  },
};

type Json = Readonly<Record<string, unknown>>;

const states = ['waiting', 'delayed', 'running', 'completed', 'failed', 'cancelled'];

/** What a status URL shows, and what leads to it. */
export const acceptedSchemas: Json = {
  MotiaAccepted: {
    type: 'object',
    required: ['id', 'state', 'statusUrl'],
    properties: { id: { type: 'string' }, state: { const: 'waiting' }, statusUrl: { type: 'string', format: 'uri-reference' } },
  },
  MotiaRequestStatus: {
    type: 'object',
    required: ['id', 'state', 'attempts'],
    properties: {
      id: { type: 'string' },
      state: { enum: states },
      attempts: { type: 'integer' },
      response: {
        type: 'object',
        description: 'What the handler returned, once it has.',
        required: ['status', 'headers'],
        properties: { status: { type: 'integer' }, headers: { type: 'object', additionalProperties: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] } }, body: {} },
      },
      error: { type: 'object', description: 'Why it failed for good.', required: ['code', 'message'], properties: { code: { type: 'string' }, message: { type: 'string' } } },
    },
  },
};

export const acceptedResponse: Json = {
  description: 'Accepted: it runs later',
  headers: { Location: { description: 'Where its status is shown.', schema: { type: 'string', format: 'uri-reference' } } },
  content: { 'application/json': { schema: { $ref: '#/components/schemas/MotiaAccepted' } } },
};

/** The path of status URLs, for a document of which some route answers 202. */
export function statusPath(statusPrefix: string): Readonly<Record<string, Json>> {
  return {
    [`${statusPrefix}{id}`]: {
      get: {
        operationId: 'getAcceptedRequest',
        description: 'What became of a request that was answered with 202. With `Accept: text/event-stream`: an event `state` at once and at every change, until the end.',
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        responses: {
          '200': { description: 'Its status', content: { 'application/json': { schema: { $ref: '#/components/schemas/MotiaRequestStatus' } }, 'text/event-stream': { schema: { type: 'string' } } } },
          default: { $ref: '#/components/responses/Error' },
        },
      },
    },
  };
}

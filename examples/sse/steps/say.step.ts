import { http, step } from 'motia';
import { say } from '../room.js';

export default step({ name: 'Say', triggers: [http('POST', '/messages', { bodySchema: { type: 'object', required: ['text'], properties: { text: { type: 'string', minLength: 1 } } } })] }, (req) => ({
  status: 201,
  body: say((req.body as { text: string }).text),
}));

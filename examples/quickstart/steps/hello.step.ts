import type { Handlers, StepConfig } from 'motia';

export const config = {
  name: 'Hello',
  description: 'Greets whoever asks.',
  triggers: [{ type: 'http', method: 'GET', path: '/hello' }],
} as const satisfies StepConfig;

export const handler: Handlers<typeof config> = async (req, ctx) => {
  const name = req.queryParams['name'] ?? 'world';
  ctx.logger.info('greeting', { name });
  return { status: 200, body: { message: `Hello, ${String(name)}!`, traceId: ctx.traceId } };
};

export const config = { name: 'Logged', triggers: [{ type: 'http', method: 'GET', path: '/logged' }] };
export const handler = (_request, { logger }) => {
  logger.info('somebody was greeted', { greeting: 'Hello', attempt: 1 });
  return { status: 200, body: { message: 'Hello, world!' } };
};

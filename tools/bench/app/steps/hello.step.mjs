export const config = { name: 'Hello', triggers: [{ type: 'http', method: 'GET', path: '/hello' }] };
export const handler = () => ({ status: 200, body: { message: 'Hello, world!' } });

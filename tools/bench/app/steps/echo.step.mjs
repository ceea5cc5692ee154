export const config = { name: 'Echo', triggers: [{ type: 'http', method: 'POST', path: '/echo' }] };
export const handler = (req) => ({ status: 200, body: { received: req.body } });

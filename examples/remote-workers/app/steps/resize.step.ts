import { http, step } from 'motia';

export default step(
  {
    name: 'Resize',
    description: 'Work that takes a while, done by whichever process is least busy.',
    triggers: [http('GET', '/resize/:image')],
  },
  async (req, ctx) => {
    ctx.logger.info('resizing', { image: req.pathParams.image, pid: process.pid });
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { status: 200, body: { image: req.pathParams.image, doneBy: process.pid } };
  },
);

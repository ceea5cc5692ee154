import { http, step } from 'motia';

export default step({ name: 'Fails', description: 'Shows what an error of a Step looks like.', triggers: [http('GET', '/fails')] }, async () => {
  throw new Error('of the step');
});

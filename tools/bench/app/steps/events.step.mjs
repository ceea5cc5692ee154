import { http, sse, step } from 'motia';

/** As many events as asked for, as fast as they are taken. */
export default step({ name: 'Events', triggers: [http('GET', '/events/:count')] }, (req) =>
  sse(req, async function* () {
    const count = Number(req.pathParams.count);
    for (let number = 0; number < count; number += 1) yield { data: `event number ${number}, with some text to carry` };
  }),
);

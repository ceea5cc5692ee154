import { http, MotiaError, step } from 'motia';
import { z } from 'zod';
import todos from '../streams/todo.stream.js';

export default step({ name: 'ChangeTodo', triggers: [http('PATCH', '/todos/:id', { bodySchema: z.object({ isDone: z.boolean() }) })] }, async (req) => {
  const { id } = req.pathParams;
  if ((await todos.get('inbox', id)) === null) throw new MotiaError({ code: 'TODO_NOT_FOUND', message: 'There is no such item.', status: 404 });
  // Only this member changes, whatever others change at the same time.
  const { newValue } = await todos.update('inbox', id, [{ type: 'set', path: 'isDone', value: req.body.isDone }]);
  return { status: 200, body: newValue };
});

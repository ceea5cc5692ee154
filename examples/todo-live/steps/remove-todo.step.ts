import { http, step } from 'motia';
import todos from '../streams/todo.stream.js';

export default step({ name: 'RemoveTodo', triggers: [http('DELETE', '/todos/:id')] }, async (req) => {
  await todos.delete('inbox', req.pathParams.id);
  return { status: 204 };
});

import { randomUUID } from 'node:crypto';
import { http, step } from 'motia';
import { z } from 'zod';
import todos from '../streams/todo.stream.js';

const body = z.object({ title: z.string().trim().min(1).max(200) });

export default step({ name: 'AddTodo', triggers: [http('POST', '/todos', { bodySchema: body })] }, async (req) => {
  const todo = { id: randomUUID(), title: req.body.title.trim(), isDone: false, createdAt: Date.now() };
  await todos.set('inbox', todo.id, todo);
  return { status: 201, headers: { location: `/todos/${todo.id}` }, body: todo };
});

import { step, stream } from 'motia';
import todos from '../streams/todo.stream.js';

/** Runs after every change of the list, wherever it came from, and tells every open page when all is done. */
export default step({ name: 'Cheer', triggers: [stream(todos)] }, async ({ groupId, event }, { logger }) => {
  if (event.type !== 'update' || !event.data.isDone) return;
  const open = (await todos.list(groupId)).filter(({ isDone }) => !isDone);
  logger.info('done', { title: event.data.title, open: open.length });
  if (open.length === 0) await todos.send({ groupId }, { type: 'all-done', data: { by: event.data.title } });
});

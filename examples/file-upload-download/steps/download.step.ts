import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { http, step } from 'motia';
import { isId, pathOf } from '../store.js';

export default step({ name: 'Download', triggers: [http('GET', '/files/:id', { produces: 'application/octet-stream' })] }, async (req) => {
  const { id } = req.pathParams;
  const size = isId(id) ? await stat(pathOf(id)).then((found) => found.size, () => undefined) : undefined;
  if (size === undefined) return { status: 404, body: { error: 'no such file' } };
  return {
    status: 200,
    headers: { 'content-length': String(size), 'content-disposition': `attachment; filename="${id}.bin"` },
    body: createReadStream(pathOf(id)),
  };
});

import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { http, MotiaError, step } from 'motia';

const folder = dirname(createRequire(join(process.cwd(), 'package.json')).resolve('@motia/stream-client'));

/** The files of `@motia/stream-client`, which browsers can load as they are. An app with a bundler imports the package instead. */
export default step({ name: 'Client', triggers: [http('GET', '/stream-client/:file')] }, async (req) => {
  const { file } = req.pathParams;
  // Only names that are in the folder: a path from outside never reaches the file system.
  if (!file.endsWith('.js') || !(await readdir(folder)).includes(file)) throw new MotiaError({ code: 'FILE_NOT_FOUND', message: 'There is no such file.', status: 404 });
  return { status: 200, headers: { 'content-type': 'text/javascript; charset=utf-8' }, body: await readFile(join(folder, file), 'utf8') };
});

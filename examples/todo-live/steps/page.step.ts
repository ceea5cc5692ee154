import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { http, step } from 'motia';

/** The page of the app, as a web server or a build would give it out. */
export default step({ name: 'Page', triggers: [http('GET', '/')] }, async () => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: await readFile(join(process.cwd(), 'web', 'index.html'), 'utf8'),
}));

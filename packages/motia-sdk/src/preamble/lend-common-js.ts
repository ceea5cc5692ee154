import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Gives bundled CommonJS its `require`, `__filename` and `__dirname`; they name the bundle. */
export function lendCommonJs(url: string): void {
  const file = fileURLToPath(url);
  Object.assign(globalThis, { require: createRequire(url), __filename: file, __dirname: dirname(file) });
}

import { fileURLToPath } from 'node:url';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const node = (path, env = {}) => ({ command: process.execPath, args: [file(path)], env });

/** The programs that are measured, by name. Each gets PORT and prints `ready`. */
export const contenders = {
  'node:http': node('contenders/node-http.mjs'),
  express: node('contenders/express.mjs'),
  'moleculer tcp': node('contenders/moleculer-gateway.mjs'),
  'iii in process': node('contenders/engine-in-process.mjs'),
  'iii step': step(1),
};

/** The same app in several SDK processes. */
export const replicated = { 'iii step': step(1), 'iii step, 2 processes': step(2), 'iii step, 4 processes': step(4) };

/** The same app with one thing changed: what each of them is worth. */
export const knobs = {
  'iii step': step(1),
  'semi-space 8 MiB': step(1, { NODE_OPTIONS: '--max-semi-space-size=8' }),
  'semi-space 32 MiB': step(1, { NODE_OPTIONS: '--max-semi-space-size=32' }),
  'semi-space 64 MiB': step(1, { NODE_OPTIONS: '--max-semi-space-size=64' }),
  'with a launcher': step(1, { COMMAND: 'motia start; exit' }),
};

function step(replicas, env = {}) {
  return {
    command: process.execPath,
    args: [file('../../apps/engine/dist/bin/iii.js'), '-c', file('app/config.yaml'), '--log-level', 'info', '--log-format', 'json'],
    cwd: file('app'),
    env: { REPLICAS: String(replicas), ...env },
  };
}

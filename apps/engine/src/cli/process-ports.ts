import type { CommandPorts } from './main.js';
import { onceNpmGone } from './npm-parent.js';

// A closed terminal or pipe must never take the engine down (reliability #50): it stops by signal, in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

/** The real process behind the ports of the command. */
export const processPorts: CommandPorts = {
  cwd: process.cwd(),
  environment: process.env,
  stdoutIsTerminal: process.stdout.isTTY,
  get stdoutColumns() {
    return process.stdout.isTTY ? process.stdout.columns : undefined;
  },
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  async readStdin() {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  },
  onSignal: (signal, listener) => void process.on(signal, listener),
  onNpmGone: onceNpmGone,
  onUncaught: (listener) => void process.once('uncaughtException', listener),
  exit: (code) => process.exit(code),
};

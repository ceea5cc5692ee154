import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * Starts a program that prints `ready` once it serves, and hands back how to stop it.
 * Everything it starts lives in its process group, which is ended with it.
 */
export async function startContender({ command, args, cwd, env = {}, readyPattern = /\bready\b/i, timeoutMs = 30_000 }) {
  const startedAt = performance.now();
  const child = spawn(command, args, { cwd, env: { ...process.env, NODE_ENV: 'production', ...env }, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const output = [];
  const exited = new Promise((resolve) => child.once('exit', resolve));
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${command} ${args.join(' ')} was not ready in ${timeoutMs} ms:\n${output.join('\n')}`)), timeoutMs);
    const settle = (action) => (value) => {
      clearTimeout(timer);
      action(value);
    };
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (output.length < 200) output.push(line);
        if (readyPattern.test(line)) settle(resolve)();
      });
    }
    child.once('error', settle(reject));
    void exited.then((code) => settle(reject)(new Error(`${command} ${args.join(' ')} exited with ${code}:\n${output.join('\n')}`)));
  });
  return {
    pid: child.pid,
    readyMs: performance.now() - startedAt,
    output,
    stdin: child.stdin,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => killGroup(child.pid), 5000);
      await exited;
      clearTimeout(timer);
      killGroup(child.pid);
    },
  };
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is empty already.
  }
}

import { readFileSync } from 'node:fs';

const readings = { machine: machineWithheldMs, thread: threadWithheldMs };

export function stopwatch(whose = 'machine', { now = () => performance.now(), withheldMs = readings[whose] } = {}) {
  const [begunMs, withheldBeforeMs] = [now(), withheldMs()];
  return {
    elapsedMs() {
      const onWallMs = now() - begunMs;
      return Math.max(0, onWallMs - (withheldMs() - withheldBeforeMs));
    },
  };
}

/** Since the machine started. Where the kernel does not say (no Linux, no pressure stall information): nothing. */
function machineWithheldMs() {
  const waitingMs = Number(/^some .*total=(\d+)/m.exec(read('/proc/pressure/cpu'))?.[1] ?? 0) / 1_000;
  // The eighth number of the first line, in hundredths of a second: what the host gave to other machines.
  const stolenMs = Number(read('/proc/stat').split('\n', 1)[0].split(/\s+/)[8] ?? 0) * 10;
  return waitingMs + stolenMs;
}

/** Of the main thread, since it started. */
function threadWithheldMs() {
  return Number(read('/proc/self/schedstat').split(' ')[1] ?? 0) / 1e6;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

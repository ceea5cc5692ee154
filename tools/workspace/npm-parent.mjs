import { spawnSync } from 'node:child_process';

/** How soon it is noticed, in milliseconds. */
const lookEveryMs = 250;

const parent = process.ppid;
/** Started by hand, a program may outlive the shell that it was started from; a script of npm belongs to its npm. */
const script = process.env['npm_lifecycle_script'];
const npm = script === undefined ? undefined : npmBehindShell(script);

/** Most shells stay between npm and the script, and live on when npm is killed. Undefined where the parent is npm itself, or nobody can tell. */
function npmBehindShell(script) {
  const { stdout } = spawnSync('ps', ['-o', 'ppid=,args=', '-p', String(parent)], { encoding: 'utf8' });
  const [, above, commandLine] = /^\s*(\d+)\s+(.*)$/m.exec(stdout ?? '') ?? [];
  return commandLine?.includes(script) === true && Number(above) > 1 ? Number(above) : undefined;
}

/**
 * Calls back once when the npm that runs this script has gone, also by a signal that only npm gets. Looked for are the
 * parents at the time of the import, so one that went away while something else ran is noticed, too.
 */
export function onceNpmGone(callback) {
  if (script === undefined) return;
  const timer = setInterval(() => {
    if (process.ppid === parent && (npm === undefined || isThere(npm))) return;
    clearInterval(timer);
    callback();
  }, lookEveryMs);
  timer.unref();
}

function isThere(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

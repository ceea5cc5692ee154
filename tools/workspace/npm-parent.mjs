/** How soon it is noticed, in milliseconds. */
const lookEveryMs = 250;

const parent = process.ppid;
/** Started by hand, a program may outlive the shell that it was started from; a script of npm belongs to its npm. */
const isScript = process.env['npm_lifecycle_event'] !== undefined;

/**
 * Calls back once when the npm that runs this script has gone. A signal that only npm gets ends npm and the shell between, and is not
 * passed on. The parent is the one at the time of the import, so one that went away while something else ran is noticed, too.
 */
export function onceNpmGone(callback) {
  if (!isScript) return;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, lookEveryMs);
  timer.unref();
}

/** How soon it is noticed, in milliseconds. */
const lookEveryMs = 250;
const parent = process.ppid;

/**
 * Calls back once when the npm that runs this command (`npx iii`, a script of package.json) has gone. A signal that only npm gets ends npm and the shell between, and is not
 * passed on. Whoever starts a command by hand may end the shell and keep it, so nothing is looked at then.
 */
export function onceNpmGone(callback: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, lookEveryMs);
  timer.unref();
}

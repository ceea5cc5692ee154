import { randomUUID } from 'node:crypto';
import { NodeEnvironment } from './node-environment.mjs';
import { findLeaks, startLeakWatch } from './leak-check.mjs';

/**
 * Jest's Node environment plus a leak check: a test file fails if, after its last hook, it leaves behind child processes,
 * SIGINT or SIGTERM listeners, or folders from `temporaryFolder()`. Runs outside the sandbox, so it sees the real process.
 */
export default class LeakCheckedEnvironment extends NodeEnvironment {
  #watch;

  async setup() {
    await super.setup();
    this.#watch = startLeakWatch(randomUUID(), this.global);
  }

  async handleTestEvent(event, state) {
    if (event.name !== 'run_finish') return;
    for (const leak of await findLeaks(this.#watch)) {
      state.unhandledErrors.push(Object.assign(new Error(leak), { stack: `Leak: ${leak}` }));
    }
  }
}

import type { StepContext } from '../context/step-context.js';
import type { EnqueueData } from '../steps/flow-context.js';
import type { AppFunction } from './app-function.js';

/** Tells a developer, once for each topic, of messages that the config of the Step does not announce: types and the flow view know nothing of them. */
export class UndeclaredTopics {
  readonly #told = new Set<string>();

  note(fn: AppFunction | undefined, context: StepContext, message: EnqueueData | readonly EnqueueData[]): void {
    if (fn?.topics === undefined) return;
    for (const each of Array.isArray(message) ? (message as readonly EnqueueData[]) : [message as EnqueueData]) {
      const topic = (each as EnqueueData | null)?.topic;
      if (typeof topic !== 'string') continue;
      const key = `${fn.stepName}\n${topic}`;
      if (fn.topics.has(topic) || this.#told.has(key)) continue;
      this.#told.add(key);
      context.logger.warn(`Step "${fn.stepName}" enqueues to "${topic}", which its config does not list: add it to \`enqueues\``, { topic, filePath: fn.filePath });
    }
  }
}

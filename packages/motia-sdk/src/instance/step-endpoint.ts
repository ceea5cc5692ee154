import { readFile } from 'node:fs/promises';
import { shared } from '../context/invocation-scope.js';
import { discover, displayPath } from '../build/discover.js';
import { generateStepId } from '../steps/step-id.js';

const functionId = 'motia_step_get';

/**
 * Offers the source of the Steps as function `motia_step_get` with `{ path_params: { stepId } }`, for tools on the engine's
 * side. It is no HTTP route: source code is nothing for the port of an API.
 * @param folder of the app
 */
export function setupStepEndpoint(_instance?: unknown, folder = '.'): void {
  if (shared.registrations.functions.has(functionId)) return;
  shared.registrations.addFunction({
    spec: { id: functionId, description: 'Source of a Step, by its id' },
    run: async (payload) => {
      const stepId = (payload as { path_params?: { stepId?: unknown } } | null | undefined)?.path_params?.stepId;
      const path = discover(folder).steps.find((file) => generateStepId(displayPath(folder, file)) === stepId);
      if (path === undefined) return { status_code: 404, body: { error: 'Step not found' } };
      return { status_code: 200, body: { id: stepId, content: await readFile(path, 'utf8'), features: [] } };
    },
  });
}

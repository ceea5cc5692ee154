import { connectControl } from '../../control/control-client.js';
import { jsonOutput } from '../observe/json-text.js';

interface ListedFunction {
  readonly function_id: string;
  readonly description?: string | null;
}

/** The functions of the running engine, as a table or as JSON. */
export async function listFunctions(request: { readonly address: string; readonly subject: string; readonly json: boolean; readonly all: boolean }): Promise<string> {
  const client = await connectControl(request.address, request.subject);
  try {
    const { functions } = (await client.look('engine::functions::list', { include_internal: request.all }, 10_000)) as { readonly functions: readonly ListedFunction[] };
    if (request.json) return jsonOutput(functions);
    return renderTable(functions);
  } finally {
    client.close();
  }
}

/** One line each: id, then what it does. */
export function renderTable(functions: readonly ListedFunction[]): string {
  if (functions.length === 0) return 'no functions are registered\n';
  const width = Math.min(72, Math.max(...functions.map((entry) => entry.function_id.length)));
  return functions.map((entry) => `${entry.function_id.padEnd(width)}  ${entry.description ?? ''}`.trimEnd()).join('\n') + '\n';
}

import type { CronRow, FunctionRow, QueueRow, WorkerRow } from '@motia/console/contract';
import type { Command } from '../args.js';
import type { CommandPorts } from '../main.js';
import { everything } from '../observe/all-pages.js';
import { connectData, type DataClient } from '../observe/data-client.js';
import { jsonOutput } from '../observe/json-text.js';
import { renderTable } from '../observe/table.js';
import { controlAddressOf, resolveSubject } from '../paths.js';
import { parsePayload, readPayload } from '../payload.js';
import { isCondition, stepOf } from '../step-functions.js';
import { resolveTarget, type Target } from '../verbs/resolve-target.js';
import type { Verb, VerbRequest } from '../verbs/verb.js';
import { verbs, type Noun } from '../verbs/verbs.js';

interface Changed {
  readonly result: unknown;
  readonly traceId: string;
}

/** `iii queues|crons|workers <verb> <target>`: what happened to standard output, with the trace that it made. */
export async function act({ noun, verb: word, request, config, json }: Extract<Command, { name: 'verb' }>, ports: CommandPorts): Promise<void> {
  const verb = verbs[noun][word] as Verb;
  const data = request.data === undefined ? {} : { data: parsePayload(request.data === '-' ? await readPayload(ports) : request.data) };
  const { subject } = resolveSubject(config, ports.cwd);
  const client = await connectData(controlAddressOf(subject), subject);
  try {
    const targets = await targetsOf(client, noun);
    const id = resolveTarget(noun, request.target, targets);
    const functionId = request.functionMeant && (await functionIdOf(client, request.functionMeant, subscribersOf(id, targets)));
    if (verb.kind === 'list') {
      // All subscribers of a topic are several lists.
      const subscribers = functionId === undefined ? subscribersOf(id, targets).map((each) => `${id} ${each.id}`) : [];
      const query = { ...request.query, ...(functionId === undefined ? {} : { function: functionId }) };
      const pages = await Promise.all((subscribers.length === 0 ? [id] : subscribers).map((each) => client.get<{ readonly items: readonly unknown[] }>(pathOf(verb, each), query)));
      const rows = pages.flatMap(({ items }) => items);
      ports.stdout(json ? jsonOutput(rows) : renderTable(verb.columns, rows, verb.whenEmpty));
      return;
    }
    const changed = await client.post<Changed>(pathOf(verb, id), { ...request.body, ...(functionId === undefined ? {} : { functionId }), ...data });
    ports.stdout(json ? jsonOutput(changed) : `${verb.tell(changed.result, id)}\ntrace ${changed.traceId}\n`);
  } finally {
    client.close();
  }
}

/** The first parameter of a path is what it is about. */
function pathOf({ path }: Verb, id: string): string {
  return path.slice(path.indexOf('/')).replace(/:\w+/, encodeURIComponent(id));
}

async function targetsOf(client: DataClient, noun: Noun): Promise<readonly Target[]> {
  switch (noun) {
    case 'queues':
      return queueTargets(await everything(client, '/queues'));
    case 'crons':
      return (await everything(client, '/crons')).map(({ job_id: id, function_id: functionId }: CronRow) => ({ id, names: namesOf(functionId) }));
    case 'workers':
      return (await everything(client, '/workers')).map(({ id, name, label, pid }: WorkerRow) => ({ id, names: [name, label, ...(pid === undefined ? [] : [String(pid)])] }));
  }
}

/** A topic as a whole by its name, one subscriber of it by its function. */
function queueTargets(rows: readonly QueueRow[]): readonly Target[] {
  const wholes = new Map(rows.map(({ kind, name }) => [`${kind}:${name}`, { id: `${kind}:${name}`, names: [name] }]));
  return [...wholes.values(), ...rows.flatMap(({ kind, name, functionId }) => (functionId === '' ? [] : [{ id: `${kind}:${name} ${functionId}`, names: namesOf(functionId) }]))];
}

function subscribersOf(queueId: string, targets: readonly Target[]): readonly Target[] {
  return targets.filter(({ id }) => id.startsWith(`${queueId} `)).map(({ id, names }) => ({ id: id.slice(queueId.length + 1), names }));
}

/**
 * A subscriber of the topic, where it is one, else any function. A message for one that nobody knows would wait without end; dead
 * letters may be those of one that is gone.
 * @throws `MOTIA_ENGINE_TARGET_UNKNOWN`, `MOTIA_ENGINE_TARGET_AMBIGUOUS`
 */
async function functionIdOf(client: DataClient, { given, isCalled }: NonNullable<VerbRequest['functionMeant']>, subscribers: readonly Target[]): Promise<string> {
  if (subscribers.length > 0) return resolveTarget('functions', given, subscribers);
  const rows: readonly FunctionRow[] = await everything(client, '/functions', { internal: true });
  const known = rows.filter(({ id }) => !isCondition(id)).map(({ id }) => ({ id, names: namesOf(id) }));
  const isNamed = known.some(({ id, names }) => id === given || names.includes(given));
  return isNamed || isCalled ? resolveTarget('functions', given, known) : given;
}

function namesOf(functionId: string): readonly string[] {
  const step = stepOf(functionId);
  return step === undefined ? [functionId] : [functionId, step];
}

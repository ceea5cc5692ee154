import type { AnswerOf, LogRow, TraceTree } from '@motia/console/contract';
import { isMotiaError, MotiaError } from '@motia/engine-core/contract';
import type { Command } from '../args.js';
import type { CommandPorts } from '../main.js';
import { everything } from '../observe/all-pages.js';
import { connectData, type DataClient } from '../observe/data-client.js';
import { jsonOutput, jsonText } from '../observe/json-text.js';
import { renderLogLine } from '../observe/log-lines.js';
import { cronColumns, queueColumns, traceColumns, workerColumns } from '../observe/list-columns.js';
import { terminalFace, type TerminalFace } from '../observe/style.js';
import { renderTable } from '../observe/table.js';
import { renderWaterfall } from '../observe/waterfall.js';
import { controlAddressOf, resolveSubject } from '../paths.js';

export type ObserveCommand = Extract<Command, { name: 'logs' | 'traces' | 'trace' | 'queues' | 'crons' | 'workers' }>;

interface Frame {
  readonly epoch: string;
  readonly seq: number;
  readonly kind: 'snapshot' | 'delta' | 'reset' | 'lag' | 'error';
  readonly data: { readonly upsert?: Readonly<Record<string, unknown>>; readonly remove?: readonly string[]; readonly dropped?: number; readonly code?: string; readonly message?: string; readonly hint?: string } | null;
}

/** `iii logs|traces|trace|queues|crons|workers`: looks at the running engine through the data API of its local socket. */
export async function observe(command: ObserveCommand, ports: CommandPorts): Promise<void> {
  const { subject } = resolveSubject(command.config, ports.cwd);
  const client = await connectData(controlAddressOf(subject), subject);
  try {
    if (command.name === 'logs') await showLogs(client, command, ports);
    else ports.stdout(await show(client, command, terminalFace({ isTerminal: ports.stdoutIsTerminal, columns: ports.stdoutColumns, environment: ports.environment })));
  } finally {
    client.close();
  }
}

async function show(client: DataClient, command: Exclude<ObserveCommand, { name: 'logs' }>, face: TerminalFace): Promise<string> {
  switch (command.name) {
    case 'trace': {
      const query = command.json ? { limit: 50_000 } : { view: 'tree', limit: 2_000 };
      const trace = await client.get<TraceTree>(`/traces/${encodeURIComponent(command.traceId)}`, query);
      return command.json ? jsonOutput(trace) : renderWaterfall(trace, face);
    }
    case 'traces': {
      const { items } = await client.get<AnswerOf<'GET /traces'>>('/traces', { limit: command.limit, error: command.error, slow: command.slow });
      return command.json ? jsonOutput(items) : renderTable(traceColumns(Date.now()), items, command.error || command.slow ? 'no such traces are kept' : 'no traces are kept');
    }
    case 'queues': {
      const rows = await everything(client, '/queues');
      return command.json ? jsonOutput(rows) : renderTable(queueColumns, rows, 'no queues');
    }
    case 'crons': {
      const rows = await everything(client, '/crons');
      return command.json ? jsonOutput(rows) : renderTable(cronColumns, rows, 'no schedules');
    }
    case 'workers': {
      const rows = await everything(client, '/workers');
      return command.json ? jsonOutput(rows) : renderTable(workerColumns(Date.now()), rows, 'no workers are connected');
    }
  }
}

/** Oldest first, as they were written; then, where asked for, every new one until the command is interrupted. */
async function showLogs(client: DataClient, command: Extract<ObserveCommand, { name: 'logs' }>, ports: CommandPorts): Promise<void> {
  const line = (log: LogRow): string => (command.json ? `${jsonText(log)}\n` : renderLogLine(log, Date.now()));
  const wanted = (log: LogRow): boolean => command.traceId === undefined || log.trace_id === command.traceId;
  if (!command.follow) {
    const { items } = await client.get<AnswerOf<'GET /logs'>>('/logs', { trace: command.traceId, level: command.level, limit: command.limit });
    ports.stdout([...items].reverse().map(line).join(''));
    return;
  }
  const enough = severityFrom(command.level);
  let isInterrupted = false;
  const interrupted = new Promise<undefined>((resolve) => {
    const end = (): void => {
      isInterrupted = true;
      resolve(undefined);
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) ports.onSignal(signal, end);
    ports.onNpmGone(end);
  });
  const shown = new Set<string>();
  let since: { readonly epoch: string; readonly seq: number } | undefined;
  for (;;) {
    const answer = await Promise.race([client.get<{ readonly frames: readonly Frame[] }>('/live/poll', { topic: 'logs', ...since, wait_ms: 20_000 }, 40_000).catch(ended), interrupted]);
    if (answer === undefined || isInterrupted) return;
    for (const { epoch, seq, kind, data } of answer.frames) {
      const isFirst = since === undefined;
      if (since !== undefined && since.epoch !== epoch) shown.clear();
      since = { epoch, seq };
      if (kind === 'error') throw notFollowable(data ?? {});
      // Not among the lines themselves: whoever reads those finds nothing but lines.
      if (kind === 'lag') ports.stderr(`… ${String(data?.dropped ?? 0)} or more lines are left out: they came faster than they can be shown\n`);
      if (data?.upsert === undefined) continue;
      // After a reset everything comes again.
      const fresh = Object.entries(data.upsert).filter(([id]) => !shown.has(id));
      for (const [id] of fresh) shown.add(id);
      for (const id of data.remove ?? []) shown.delete(id);
      const logs = fresh.map(([, log]) => log as LogRow).filter((log) => wanted(log) && enough(log));
      ports.stdout((isFirst ? logs.slice(-command.limit) : logs).map(line).join(''));
    }
  }
}

/** Nobody keeps logs here, or they cannot be read: waiting would show nothing for ever. */
function notFollowable({ code = 'MOTIA_CONSOLE_TOPIC_UNREADABLE', message = 'The logs cannot be read.', hint }: NonNullable<Frame['data']>): MotiaError {
  return new MotiaError({ code, status: 500, message, ...(hint === undefined ? {} : { hint }) });
}

/** The engine stopped: that is the end of its log, and no failure. */
function ended(error: unknown): undefined {
  if (isMotiaError(error) && (error.code === 'MOTIA_PROTOCOL_CONNECTION_CLOSED' || error.code === 'MOTIA_ENGINE_STOPPED' || error.code === 'MOTIA_ENGINE_CANCELLED')) return undefined;
  throw error;
}

function severityFrom(level: string | undefined): (log: LogRow) => boolean {
  const order = ['trace', 'debug', 'info', 'warn', 'error'];
  const least = level === undefined ? 0 : order.indexOf(level);
  return ({ severity_text: text }) => order.indexOf(text.toLowerCase()) >= least;
}

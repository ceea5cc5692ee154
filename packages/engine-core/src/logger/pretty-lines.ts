import type { LogLevel, LogRecord } from '../contract/logger.js';
import { escapeBlock, escapeText } from './escape-text.js';
import { toPlainFields } from './plain-fields.js';

const colours: Readonly<Record<LogLevel, string>> = { trace: '\u001b[90m', debug: '\u001b[36m', info: '\u001b[32m', warn: '\u001b[33m', error: '\u001b[31m' };
const dim = '\u001b[2m';
const reset = '\u001b[0m';
const longestShown = 16_384;

/**
 * One record for people: `07:12:33.120 INFO  module-rest  listening  port=3111`. Further lines of the message, then
 * what can be done about it (`hint`) and the stacks of errors stand below, indented.
 */
export function toPrettyLine(record: LogRecord, wantsColour: boolean): string {
  const paint = (code: string, text: string): string => (wantsColour ? `${code}${text}${reset}` : text);
  const message = record.message.length > longestShown ? `${record.message.slice(0, longestShown)}…` : record.message;
  const [title = '', ...details] = message.trimEnd().split(/\r?\n/);
  const parts = [
    paint(dim, localTime(record.time)),
    paint(colours[record.level], record.level.toUpperCase().padEnd(5)),
    paint(dim, escapeText(shortSource(record.source))),
    escapeText(title),
  ];
  const { inline, blocks } = describeFields(record);
  if (inline !== '') parts.push(paint(dim, inline));
  // Indented, so that no message can pass for a record of its own.
  const below = details.length === 0 ? '' : `${indent(escapeBlock(details.join('\n')))}\n`;
  return `${parts.join(' ')}\n${below}${blocks.map((block) => `${paint(dim, block)}\n`).join('')}`;
}

/** `@motia/module-rest` reads better as `rest` a thousand times a day. */
function shortSource(source: string): string {
  return source.replace(/^@motia\/(?:module-)?/, '').slice(0, 64);
}

function localTime(epochMs: number): string {
  const date = new Date(epochMs);
  const pad = (value: number, width: number): string => String(value).padStart(width, '0');
  return `${pad(date.getHours(), 2)}:${pad(date.getMinutes(), 2)}:${pad(date.getSeconds(), 2)}.${pad(date.getMilliseconds(), 3)}`;
}

function describeFields(record: LogRecord): { readonly inline: string; readonly blocks: readonly string[] } {
  const inline: string[] = [];
  const blocks: string[] = [];
  for (const [key, value] of Object.entries((toPlainFields(record.fields ?? {}) ?? {}) as Record<string, unknown>)) {
    if (key === 'hint' && typeof value === 'string') {
      blocks.push(indent(`hint: ${escapeText(value)}`));
      continue;
    }
    const stack = stackOf(value);
    if (stack !== undefined) blocks.push(indent(escapeBlock(stack)));
    else if (value !== undefined) inline.push(`${escapeText(key)}=${shown(value)}`);
  }
  if (record.functionId !== undefined) inline.push(`function=${shown(record.functionId)}`);
  if (record.traceId !== undefined) inline.push(`trace=${shown(record.traceId.slice(0, 8))}`);
  return { inline: inline.join(' '), blocks };
}

function shown(value: unknown): string {
  const isPlainWord = typeof value === 'string' && /^[\w./:@-]+$/.test(value);
  const text = isPlainWord ? value : JSON.stringify(value);
  return escapeText(text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);
}

function stackOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { stack: whole, cause, code, message } = value as { stack?: unknown; cause?: unknown; code?: unknown; message?: unknown };
  const stack = whole ?? (typeof code === 'string' && typeof message === 'string' ? `${code}: ${message}` : undefined);
  if (typeof stack !== 'string') return undefined;
  const below = stackOf(cause);
  return below === undefined ? stack : `${stack}\ncaused by ${below}`;
}

function indent(block: string): string {
  return block.split('\n').map((line) => `    ${line}`).join('\n');
}

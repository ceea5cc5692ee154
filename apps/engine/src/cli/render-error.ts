import { isMotiaError } from '@motia/engine-core/contract';

/** An error as a person reads it in a terminal: code, message, remedy, then the causes. Stacks only for what nobody foresaw. */
export function renderError(error: unknown): string {
  return render(error, new Set()).join('\n');
}

function render(error: unknown, seen: Set<unknown>): string[] {
  if (seen.has(error)) return [];
  seen.add(error);
  if (isMotiaError(error)) {
    // What it lists, and where to find that, a person sees below: each with its remedy.
    const hasList = error.cause instanceof AggregateError;
    const lines = [`${error.code}: ${hasList ? (error.message.split('\n', 1)[0] ?? '') : error.message}`];
    if (error.hint !== undefined && !hasList) lines.push(`  ${error.hint}`);
    const { changeTraceId } = (typeof error.details === 'object' && error.details !== null ? error.details : {}) as { readonly changeTraceId?: unknown };
    if (typeof changeTraceId === 'string') lines.push(`  What it did: iii trace ${changeTraceId}`);
    return [...lines, ...renderCauses(error, seen)];
  }
  if (error instanceof AggregateError) return [error.message, ...renderCauses(error, seen)];
  if (error instanceof Error) return [error.stack ?? `${error.name}: ${error.message}`, ...renderCauses(error, seen)];
  return [String(error)];
}

function renderCauses(error: Error, seen: Set<unknown>): string[] {
  const causes: unknown[] = error instanceof AggregateError ? [...(error.errors as unknown[])] : [];
  if (error.cause instanceof AggregateError) causes.push(...(error.cause.errors as unknown[]));
  else if (error.cause !== undefined && (isMotiaError(error.cause) || !isMotiaError(error))) causes.push(error.cause);
  return causes.flatMap((cause) => render(cause, seen)).map((line) => `  ${line}`);
}

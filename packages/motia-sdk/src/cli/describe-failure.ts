import { isMotiaError } from '@motia/protocol';

const usageConditions: readonly string[] = ['MOTIA_SDK_USAGE_INVALID', 'MOTIA_SDK_NOT_UNDER_ENGINE', 'MOTIA_SDK_EXEC_NOT_LAST', 'MOTIA_SDK_ENGINE_URL_INVALID'];

/** How a failure reads on a terminal: code, message, remedy; an error of someone else's with its stack. */
export function describeFailure(error: unknown): string {
  if (!isMotiaError(error)) return error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error);
  return [`${error.code}: ${error.message}`, ...(error.hint === undefined ? [] : [error.hint])].join('\n');
}

/** 64 for wrong usage, 1 for a failure that has a code, 70 for anything else. */
export function exitCodeOf(error: unknown): number {
  if (!isMotiaError(error)) return 70;
  return usageConditions.includes(error.code) ? 64 : 1;
}

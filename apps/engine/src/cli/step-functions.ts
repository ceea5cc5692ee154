/** The Step whose handler a function runs, by its id; undefined for any other function. */
export function stepOf(functionId: string): string | undefined {
  return /^steps::(.+?)::trigger::/.exec(functionId)?.[1];
}

/** The functions that run a Step's handler, one for each of its triggers, among the ids that an engine knows. */
export function functionsOfStep(stepName: string, functionIds: readonly string[]): readonly string[] {
  const prefix = `steps::${stepName}::trigger::`;
  return functionIds.filter((id) => id.startsWith(prefix) && !isCondition(id));
}

/** Whether a function decides about a trigger of a Step, and does not run its handler. */
export function isCondition(functionId: string): boolean {
  return /::conditions::\d+$/.test(functionId);
}

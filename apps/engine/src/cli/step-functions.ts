/** The functions that run a Step's handler, one for each of its triggers, among the ids that an engine knows. */
export function functionsOfStep(stepName: string, functionIds: readonly string[]): readonly string[] {
  const prefix = `steps::${stepName}::trigger::`;
  return functionIds.filter((id) => id.startsWith(prefix) && !/::conditions::\d+$/.test(id));
}

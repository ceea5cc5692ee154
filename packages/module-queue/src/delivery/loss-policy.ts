/** Losses beyond `maxLosses` that a job survives when others were lost together with it, so that nobody knows whose fault it was. */
const benefitOfDoubt = 2;

/**
 * Whether a job is given up after so many losses. One that was alone when its process died is; one that was not may be
 * innocent, and is delivered a few more times. With `maxLosses: 1` there is no doubt to give.
 * @param losses this one included
 * @param companions jobs that were lost in the same moment
 */
export function isSpent(losses: number, maxLosses: number, companions: number): boolean {
  if (losses < maxLosses) return false;
  return companions === 0 || maxLosses === 1 || losses >= maxLosses + benefitOfDoubt;
}

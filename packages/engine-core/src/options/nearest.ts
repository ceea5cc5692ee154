/** Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours count one each. */
export function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(cell(last, column) + 1, cell(current, column - 1) + 1, cell(last, column - 1) + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, cell(beforeLast, column - 2) + 1);
      }
      current[column] = best;
    }
    beforeLast = last;
    last = current;
  }
  return cell(last, b.length);
}

function cell(row: readonly number[], column: number): number {
  return row[column] ?? 0;
}

/** Longer names than this are not compared: nobody mistypes them by one letter, and the cost is quadratic. */
const longestCompared = 128;

/**
 * The known names that a wrong one was probably meant to be, best first. Letter case and the separators `_` and `-`
 * do not count, so `maxRetries` finds `max_retries`.
 */
export function nearestNames(wrong: string, known: Iterable<string>, limit = 1): readonly string[] {
  if (wrong.length > longestCompared) return [];
  const plain = plainForm(wrong);
  const allowed = Math.ceil(plain.length / 3);
  const scored: { readonly name: string; readonly distance: number }[] = [];
  for (const name of known) {
    if (name === wrong || name.length > longestCompared) continue;
    const distance = editDistance(plain, plainForm(name));
    if (distance <= allowed) scored.push({ name, distance });
  }
  scored.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  return scored.slice(0, limit).map((entry) => entry.name);
}

function plainForm(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}

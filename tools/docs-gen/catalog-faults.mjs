/** What is wrong with the catalogs themselves: one sentence each. */
export function catalogFaults(conditions) {
  const faults = [];
  const owners = new Map();
  for (const { code, condition, entry, file } of conditions) {
    const other = owners.get(code);
    if (other !== undefined) faults.push(`${code} is defined twice: ${other} and ${file}`);
    owners.set(code, file);
    if (!/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(condition)) faults.push(`${code}: a condition is written in capitals with underscores`);
    if (typeof entry.remedy !== 'string' || entry.remedy.trim() === '' || entry.remedy.includes('\n')) faults.push(`${code}: the remedy is one line of text`);
    if (!Number.isInteger(entry.status) || entry.status < 400 || entry.status > 599) faults.push(`${code}: the status is an HTTP error status`);
    if (typeof entry.retryable !== 'boolean') faults.push(`${code}: retryable is true or false`);
    if (!/^\d+\.\d+\.\d+$/.test(entry.since)) faults.push(`${code}: since is a version`);
  }
  return faults;
}

/** Conditions that no source file makes an error of: documented, and never met. */
export function unusedConditions(conditions, sources) {
  const all = sources.map(({ text }) => text).join('\n');
  return conditions
    .filter(({ condition, code }) => !new RegExp(`\\.${condition}\\b|['"](?:${code}|${condition})['"]`).test(all))
    .map(({ code, file }) => `${code} (${file}) is defined and never used`);
}

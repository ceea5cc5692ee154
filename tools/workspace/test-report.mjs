/** What `npm test` prints when all steps are through. Pure: it gets results and gives lines. */
const countNames = ['passed', 'failed', 'skipped'];

/** Adds up the result files of one step (see tools/jest/count-reporter.mjs); `folder` says in a failure where its file is. */
export function addUp(parts) {
  const total = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const { folder, result } of parts) {
    for (const name of countNames) total[name] += result[name];
    for (const failure of result.failures ?? []) total.failures.push({ ...failure, folder });
  }
  return total;
}

/** The table of the steps, then what failed with its message, so that it need not be looked for in the output; last the totals. */
export function report(rows) {
  const total = addUp(rows.map((row) => ({ folder: '', result: { ...row, failures: [] } })));
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  return [...table(rows), ...rows.flatMap(describeFailures), '', `${total.passed} passed, ${total.failed} failed${skipped}`];
}

function table(rows) {
  const heading = `${'step'.padEnd(12)}${'passed'.padStart(8)}${'failed'.padStart(8)}${'skipped'.padStart(9)}${'seconds'.padStart(9)}`;
  const line = (row) =>
    `${row.name.padEnd(12)}${String(row.passed).padStart(8)}${String(row.failed).padStart(8)}${String(row.skipped).padStart(9)}${row.seconds.toFixed(1).padStart(9)}`;
  return ['', heading, ...rows.map(line)];
}

function describeFailures({ name, failed, failures, tail }) {
  if (failed === 0) return [];
  const named = failures.flatMap(({ folder, file, test, message }) => ['', `FAILED ${name}: ${[folder, file].filter(Boolean).join('/')}: ${test}`, indent(message)]);
  // A build, a lint or a runner that died names no tests; the end of its output says most.
  return named.length > 0 ? named : ['', `FAILED ${name}; the end of its output:`, indent(tail)];
}

function indent(text) {
  return text.replaceAll(/^(?=.)/gm, '  ');
}

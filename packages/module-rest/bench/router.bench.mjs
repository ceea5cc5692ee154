/** Cost of one lookup by number of routes, beside find-my-way: `node bench/router.bench.mjs`. Medians of interleaved rounds. */
import { build } from 'esbuild';
import findMyWay from 'find-my-way';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../src/', import.meta.url));
const { outputFiles } = await build({ stdin: { contents: "export { RouteTable } from './route-table.ts'; export { parseRoutePattern } from './route-pattern.ts'; export { decodePathParams } from './path-params.ts';", resolveDir: entry }, bundle: true, write: false, format: 'esm', platform: 'node', conditions: ['@motia/source'] });
const { RouteTable, parseRoutePattern, decodePathParams } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);

const iterations = 300_000;
const rounds = 7;
const paths = ['/hello', '/users/42', '/shops/abc/items/99'];
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const patternsOf = (count) => ['/hello', '/users/:id', '/shops/:shop/items/:item', ...Array.from({ length: Math.max(0, count - 3) }, (_, index) => (index % 2 === 0 ? `/api/v1/resource${index}/list` : `/api/v1/resource${index}/:id/items/:item`))].slice(0, Math.max(3, count));

function nanoseconds(lookUp, path) {
  const started = process.hrtime.bigint();
  let found = 0;
  // A request brings a fresh string whose hash is not known yet.
  for (let index = 0; index < iterations; index += 1) if (lookUp(Buffer.from(path).latin1Slice()) !== null) found += 1;
  if (found !== iterations) throw new Error(`${path} was not found`);
  return Number(process.hrtime.bigint() - started) / iterations;
}
const baseline = (path) => path;

for (const count of [3, 100, 1000, 5000]) {
  const patterns = patternsOf(count);
  const table = new RouteTable(patterns.map((pattern) => ({ method: 'GET', pattern: parseRoutePattern(pattern) })));
  const theirs = findMyWay({ ignoreTrailingSlash: true, maxParamLength: 8192 });
  for (const pattern of patterns) theirs.on('GET', pattern, () => undefined);
  const contenders = {
    'own table': (path) => {
      const match = table.find('GET', path);
      return match === undefined ? null : decodePathParams(match.route.pattern.segments, match.rawValues);
    },
    'find-my-way': (path) => theirs.find('GET', path),
  };
  // Compiled for all of them before any is measured, or the first with parameters pays for it.
  for (const path of [...paths, ...paths]) for (const lookUp of Object.values(contenders)) nanoseconds(lookUp, path);
  for (const path of paths) {
    const line = Object.entries(contenders).map(([name, lookUp]) => `${name} ${median(Array.from({ length: rounds }, () => nanoseconds(lookUp, path) - nanoseconds(baseline, path))).toFixed(0)} ns`);
    console.log(`${String(count).padStart(5)} routes  ${path.padEnd(22)} ${line.join('   ')}`);
  }
}

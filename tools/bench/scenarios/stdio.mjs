import { measureStdio, summarise } from '../../../packages/protocol/bench/stdio-rig.mjs';
import { formatRatio, table } from '../measure/statistics.mjs';

/** Round trips over a real child's stdin and stdout, ours against stock vscode-jsonrpc. */
export function stdio({ rounds }) {
  return measureStdio({ rounds });
}

export function renderStdio(rows) {
  const cells = [...new Map(rows.map(({ size, concurrency, name }) => [`${size} ${concurrency} ${name}`, { size, concurrency, name }])).values()];
  return table(
    ['body', 'in flight', 'contender', 'round trips/s', 'p50 µs', 'p99 µs', 'engine CPU µs', 'speed / stock', 'engine CPU / stock'],
    cells.map((cell) => {
      const column = (name, against) => summarise(rows, { ...cell, column: name, against });
      return [
        cell.size,
        cell.concurrency,
        cell.name,
        Math.round(column('roundTripsPerSecond').median),
        ...['p50Us', 'p99Us', 'engineCpuUs'].map((name) => column(name).median.toFixed(1)),
        ...['roundTripsPerSecond', 'engineCpuUs'].map((name) => formatRatio(column(name, 'stock').ratio)),
      ];
    }),
  );
}

/** Run by hand after a build: `node bench/stdio.bench.mjs [rounds] [ms per cell] [200B,10KB] [1,16,64,256]`. */
import { measureStdio, summarise } from './stdio-rig.mjs';

const [rounds = '5', durationMs = '1000', sizes = '200B,10KB', concurrencies = '1,16,64,256'] = process.argv.slice(2);
const rows = await measureStdio({
  rounds: Number(rounds),
  durationMs: Number(durationMs),
  sizes: sizes.split(','),
  concurrencies: concurrencies.split(',').map(Number),
});
const show = (value, digits = 1) => value.toFixed(digits).padStart(9);
console.log('size  C    contender        rt/s   p50 µs    p99 µs  engine µs worker µs   rt/s ÷ stock (min/median/max)   engine CPU ÷ stock');
const cells = [...new Set(rows.map((row) => `${row.size}|${row.concurrency}|${row.name}`))];
for (const cell of cells) {
  const [size, concurrencyText, name] = cell.split('|');
  const concurrency = Number(concurrencyText);
  const of = (column, against) => summarise(rows, { name, size, concurrency, column, against });
  const speed = of('roundTripsPerSecond', 'stock').ratio;
  const cpu = of('engineCpuUs', 'stock').ratio;
  console.log(
    size.padEnd(5), concurrencyText.padEnd(4), name.padEnd(10), show(of('roundTripsPerSecond').median, 0), show(of('p50Us').median), show(of('p99Us').median),
    show(of('engineCpuUs').median), show(of('workerCpuUs').median), `   ${speed.min.toFixed(2)}/${speed.median.toFixed(2)}/${speed.max.toFixed(2)}`.padEnd(30), cpu.median.toFixed(2),
  );
}

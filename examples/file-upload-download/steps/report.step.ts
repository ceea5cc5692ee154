import { http, step } from 'motia';

// Made while it is sent: the client gets the first rows before the last one exists.
export default step({ name: 'Report', triggers: [http('GET', '/report.csv', { produces: 'text/csv' })] }, (req) => ({
  status: 200,
  body: rows(Number(req.queryParams['rows'] ?? 1000)),
}));

async function* rows(count: number): AsyncGenerator<string> {
  yield 'n,square\n';
  for (let n = 1; n <= count; n += 1) yield `${n},${n * n}\n`;
}

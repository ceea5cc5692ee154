import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startContender } from '../measure/contender.mjs';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const collectorPort = 23_990;

/** Where telemetry goes, by the variables of config.telemetry.yaml. */
export const modes = {
  off: { OTEL_ON: 'false' },
  memory: { OTEL_EXPORTER: 'memory' },
  sqlite: { OTEL_EXPORTER: 'sqlite', OTEL_LOGS: 'sqlite' },
  'otlp, collector answers': { OTEL_EXPORTER: 'otlp', OTEL_LOGS: 'otlp', OTEL_ENDPOINT: `http://127.0.0.1:${collectorPort}` },
  'otlp, collector down': { OTEL_EXPORTER: 'otlp', OTEL_LOGS: 'otlp' },
};

/** A collector that takes everything. @returns how to stop it */
export async function startCollector() {
  const server = createServer((request, response) => request.resume().on('end', () => response.end())).listen(collectorPort, '127.0.0.1');
  await once(server, 'listening');
  return () => {
    server.closeAllConnections();
    server.close();
  };
}

let port = 24_000;

/** An engine with Steps in a process of their own. */
export async function startEngine(name) {
  port += 10;
  const data = mkdtempSync(join(tmpdir(), 'bench-otel-'));
  const contender = await startContender({
    command: process.execPath,
    args: [file('../../../apps/engine/dist/bin/iii.js'), '-c', file('../app/config.telemetry.yaml'), '--log-level', 'info', '--log-format', 'json'],
    cwd: file('../app'),
    env: { ...modes[name], OTEL_DATA: data, PORT: String(port) },
  });
  return {
    pid: contender.pid,
    urlOf: (path) => `http://127.0.0.1:${port}${path}`,
    async stop() {
      await contender.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/**
 * `npm run bench [-- --only http,routes] [--rounds 5] [--seconds 4] [--connections 64]`
 *
 * Measures the engine beside its peers in one run, alternating, and prints paired ratios. Absolute numbers move with the
 * machine; the ratios are what docs/reference/performance.md records. Nothing here gates a build.
 */
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generator } from './measure/load.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '64' },
    names: { type: 'string' },
    kinds: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const connections = Number(values.connections);
const list = (text) => text?.split(',').map((word) => word.trim());

const sections = {
  http: async () => {
    const { http, renderHttp } = await import('./scenarios/http.mjs');
    return renderHttp(await http({ rounds, seconds, connections, ...(values.names && { names: list(values.names) }), ...(values.kinds && { kinds: list(values.kinds) }) }));
  },
  processes: async () => {
    const { http, renderHttp } = await import('./scenarios/http.mjs');
    const { replicated } = await import('./contenders.mjs');
    return renderHttp(await http({ rounds, seconds, connections, kinds: ['GET', 'POST 10 KB'], names: Object.keys(replicated) }), ['iii step, 2 processes', 'iii step, 4 processes']);
  },
  knobs: async () => {
    const [{ http, renderHttp }, { renderStartup, startup }, { knobs }] = await Promise.all([import('./scenarios/http.mjs'), import('./scenarios/startup.mjs'), import('./contenders.mjs')]);
    const names = Object.keys(knobs);
    const load = renderHttp(await http({ rounds, seconds, connections, kinds: ['GET', 'POST'], names }), names.filter((name) => name !== 'iii step'));
    return `${load}\n\n### Start\n\n${renderStartup(await startup({ rounds, names }))}`;
  },
  streams: async () => {
    const { renderStreams, streams } = await import('./scenarios/streams.mjs');
    return renderStreams(await streams({ rounds }));
  },
  fanout: async () => {
    const { fanout, renderFanout } = await import('./scenarios/fanout.mjs');
    return renderFanout(await fanout({ rounds, ...(values.names && { names: list(values.names) }) }));
  },
  routes: async () => {
    const { renderRoutes, routes } = await import('./scenarios/routes.mjs');
    return renderRoutes(await routes({ rounds, seconds }));
  },
  stdio: async () => {
    const { renderStdio, stdio } = await import('./scenarios/stdio.mjs');
    return renderStdio(await stdio({ rounds }));
  },
  dispatch: async () => {
    const { dispatch, renderDispatch } = await import('./scenarios/dispatch.mjs');
    return renderDispatch(await dispatch({ rounds }));
  },
  state: async () => {
    const { renderState, state } = await import('./scenarios/state.mjs');
    return renderState(await state({ rounds, seconds }));
  },
  store: async () => {
    const { renderStore, store } = await import('./scenarios/store.mjs');
    return renderStore(await store({ rounds, seconds }));
  },
  queue: async () => {
    const { queues, renderQueues } = await import('./scenarios/queue.mjs');
    return renderQueues(await queues({ rounds, seconds, ...(values.names && { names: values.names.split(';') }) }));
  },
  cron: async () => {
    const { crons, renderCrons } = await import('./scenarios/cron.mjs');
    return renderCrons(await crons({ rounds }));
  },
  telemetry: async () => {
    const { renderTelemetry, telemetry } = await import('./scenarios/telemetry.mjs');
    return renderTelemetry(await telemetry({ rounds, seconds, connections, ...(values.names && { names: values.names.split(';') }) }));
  },
  startup: async () => {
    const { renderStartup, startup } = await import('./scenarios/startup.mjs');
    return renderStartup(await startup({ rounds }));
  },
};

const chosen = list(values.only) ?? Object.keys(sections).filter((name) => name !== 'knobs');
execFileSync(process.execPath, [fileURLToPath(new URL('../../packages/motia-sdk/dist/bin/motia.js', import.meta.url)), 'build'], {
  cwd: fileURLToPath(new URL('app', import.meta.url)),
  stdio: ['ignore', 'ignore', 'inherit'],
});
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, load by ${generator}, ${rounds} rounds of ${seconds} s, ${connections} connections\n`);
for (const name of chosen) {
  const section = sections[name];
  if (section === undefined) throw new Error(`no such part: ${name}; there are ${Object.keys(sections).join(', ')}`);
  console.log(`## ${name}\n\n${await section()}\n`);
}

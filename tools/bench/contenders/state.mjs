/** `state.mjs <name> <seconds>`: measures one store and prints `{ work: operations per second }`. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [, , name, secondsText] = process.argv;
const seconds = Number(secondsText);
const folder = mkdtempSync(join(process.env['MOTIA_BENCH_FOLDER'] ?? tmpdir(), 'bench-state-'));
const keys = 10_000;
const padding = 'x'.repeat(150);
let count = 0;
/** 200 bytes, another one each time. */
const next = () => {
  count += 1;
  return { id: `k${count % keys}`, count, at: count * 1.5, padding };
};
const key = (n) => `k${n % keys}`;

async function oneByOne(work) {
  const endAt = performance.now() + seconds * 1000;
  const startedAt = performance.now();
  let done = 0;
  while (performance.now() < endAt) {
    await work(done);
    done += 1;
  }
  return done / ((performance.now() - startedAt) / 1000);
}
/** `work` does so many at once. */
const inGroups = async (size, work) => size * (await oneByOne((n) => work(n, size)));
const together = (work) => (n, size) => Promise.all(Array.from({ length: size }, (_, at) => work(n * size + at)));

/** Everybody works on a table that is full already. */
async function measure({ set, setMany, get, updateMany }) {
  for (let n = 0; n < keys; n += 100) await setMany(n / 100, 100);
  await oneByOne(set);
  return {
    'set, one at a time': await oneByOne(set),
    'set, 100 at a time': await inGroups(100, setMany),
    'set, 1,000 at a time': await inGroups(1_000, setMany),
    'get, one at a time': await oneByOne(get),
    ...(updateMany === undefined ? {} : { 'update, 100 at a time': await inGroups(100, updateMany) }),
  };
}

async function iii() {
  const { createEngine } = await import('@motia/engine-core');
  const { state } = await import('@motia/module-state');
  const { sqliteStore } = await import('@motia/store-sqlite');
  const method = name.includes('memory') ? { store_method: 'in_memory' } : { store_method: 'file_based', file_path: folder, durability: name.includes('normal') ? 'normal' : 'full' };
  const engine = await createEngine({
    modules: [sqliteStore({ writer: name.includes('inline') ? 'inline' : 'auto' }), state({ adapter: { class: 'modules::state::adapters::KvStore', config: method }, ...(name.includes('no history') ? { history: { max_entries_per_key: 0 } } : {}) })],
    logging: { level: 'error' },
  });
  await engine.start();
  const { functions } = engine;
  const set = (n) => functions.invoke('state::set', { scope: 'bench', key: key(n), value: next() });
  const figures = await measure({
    set, setMany: together(set),
    get: (n) => functions.invoke('state::get', { scope: 'bench', key: key(n) }),
    updateMany: together((n) => functions.invoke('state::update', { scope: 'bench', key: key(n), ops: [{ type: 'increment', path: 'count', by: 1 }] })),
  });
  await engine.stop();
  return figures;
}

async function sqlite() {
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(join(folder, 'raw.db'));
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${name.includes('full') ? 'FULL' : 'NORMAL'}`);
  db.exec('CREATE TABLE entry (scope TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (scope, key))');
  const put = db.prepare('INSERT INTO entry (scope, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value');
  const read = db.prepare('SELECT value FROM entry WHERE scope = ? AND key = ?');
  const set = (n) => put.run('bench', key(n), JSON.stringify(next()));
  const many = db.transaction((n, size, work) => {
    for (let at = 0; at < size; at += 1) work(n * size + at);
  });
  const get = (n) => JSON.parse(read.get('bench', key(n)).value);
  const increment = (n) => {
    const value = get(n);
    value.count += 1;
    put.run('bench', key(n), JSON.stringify(value));
  };
  const figures = await measure({ set, setMany: (n, size) => many(n, size, set), get, updateMany: (n, size) => many(n, size, increment) });
  db.close();
  return figures;
}

async function redis() {
  const { Redis } = await import('ioredis');
  const path = join(folder, 'redis.sock');
  const server = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', name.includes('always') ? 'always' : 'everysec'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const client = new Redis({ path, retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  try {
    const set = (n) => client.hset('bench', key(n), JSON.stringify(next()));
    return await measure({
      set,
      setMany(n, size) {
        const pipeline = client.pipeline();
        for (let at = 0; at < size; at += 1) pipeline.hset('bench', key(n * size + at), JSON.stringify(next()));
        return pipeline.exec();
      },
      get: async (n) => JSON.parse(await client.hget('bench', key(n))),
    });
  } finally {
    client.disconnect();
    server.kill('SIGKILL');
    await ended;
  }
}

try {
  const figures = await (name.startsWith('iii') ? iii() : name.startsWith('redis') ? redis() : sqlite());
  console.log(JSON.stringify(figures));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

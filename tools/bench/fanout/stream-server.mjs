// The stream module in an engine: every event is a stored change. STORE=file keeps them on the disk, durable before it is answered.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '@motia/engine-core';
import { stream } from '@motia/module-stream';
import { answerCommands } from './answer-commands.mjs';

const folder = process.env.STORE === 'file' ? mkdtempSync(join(process.env.MOTIA_BENCH_FOLDER ?? tmpdir(), 'bench-fanout-')) : undefined;
const config = folder === undefined ? { store_method: 'in_memory' } : { store_method: 'file_based', file_path: folder };
const engine = await createEngine({ logging: { level: 'error' }, modules: [stream({ port: Number(process.env.PORT), adapter: { class: 'modules::stream::adapters::KvStore', config } })] });
await engine.start();
answerCommands((event) => engine.functions.invoke('stream::set', { stream_name: 'bench', group_id: 'g', item_id: event.id, data: event }));

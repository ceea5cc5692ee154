import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where uploads go. */
export const folder = process.env['UPLOADS'] ?? join(tmpdir(), 'motia-uploads');
mkdirSync(folder, { recursive: true });

/** Ids are ours: a name that a client sends never becomes a path. */
export const pathOf = (id: string): string => join(folder, `${id}.bin`);
export const isId = (id: string): boolean => /^[0-9a-f-]{36}$/.test(id);

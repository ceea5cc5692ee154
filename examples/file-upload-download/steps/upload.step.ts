import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { http, step } from 'motia';
import { z } from 'zod';
import { pathOf } from '../store.js';

const form = { bodySchema: z.object({ album: z.string().min(1) }), files: { photo: { multiple: true, contentTypes: ['image/*'] }, note: {} } };

// A form: fields in the body, files one after another while they arrive. 1 GiB for this route.
export default step(
  { name: 'Upload', triggers: [http('POST', '/files', { ...form, bodyLimitBytes: 1024 ** 3, timeoutMs: 600_000 })] },
  async (req, ctx) => {
    const files: { id: string; name: string; type: string; bytes: number }[] = [];
    for await (const file of req.files) {
      const id = randomUUID();
      await pipeline(file, createWriteStream(pathOf(id)), { signal: ctx.signal });
      files.push({ id, name: file.filename, type: file.contentType, bytes: (await stat(pathOf(id))).size });
    }
    return { status: 201, body: { album: req.body.album, files } };
  },
);

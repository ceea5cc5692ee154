import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { workerErrors } from './errors.js';
import type { WorkerOptions } from './options.js';

/** Reads and proves the TLS files. @throws `MOTIA_WORKER_TLS_UNREADABLE` */
export async function readTlsFiles(options: NonNullable<WorkerOptions['tls']>, baseDir: string): Promise<TlsOptions> {
  const { cert_file: certFile, key_file: keyFile, client_ca_file: caFile } = options;
  const cert = await read('tls.cert_file', resolve(baseDir, certFile));
  const key = await read('tls.key_file', resolve(baseDir, keyFile));
  const ca = caFile === undefined ? undefined : await read('tls.client_ca_file', resolve(baseDir, caFile));
  const files: TlsOptions = {
    cert, key, minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }),
  };
  try {
    createSecureContext(files);
  } catch (error) {
    throw workerErrors.TLS_UNREADABLE({ option: 'tls', file: certFile, reason: (error as Error).message }, error);
  }
  return files;
}

async function read(option: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw workerErrors.TLS_UNREADABLE({ option, file, reason: (error as NodeJS.ErrnoException).code ?? String(error) }, error);
  }
}

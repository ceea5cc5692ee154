import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** How a body is compressed; `unsupported` when we cannot undo it. */
export type ContentEncoding = 'identity' | 'gzip' | 'deflate' | 'br' | 'unsupported';

/** Reads a Content-Encoding header. One encoding at a time. */
export function contentEncodingOf(header: string | undefined): ContentEncoding {
  switch (header?.trim().toLowerCase()) {
    case undefined: case '': case 'identity': return 'identity';
    case 'gzip': case 'x-gzip': return 'gzip';
    case 'deflate': return 'deflate';
    case 'br': return 'br';
    default: return 'unsupported';
  }
}

/** A stream that undoes the compression piece by piece, so that memory stays flat whatever the ratio. */
export function inflaterFor(encoding: 'gzip' | 'deflate' | 'br'): Transform {
  switch (encoding) {
    case 'gzip': return createGunzip();
    case 'deflate': return createInflate();
    case 'br': return createBrotliDecompress();
  }
}

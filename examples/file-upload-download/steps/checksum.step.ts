import { createHash } from 'node:crypto';
import { http, step } from 'motia';

// A body that is not parsed arrives as bytes; memory stays flat however large it is.
export default step({ name: 'Checksum', triggers: [http('POST', '/checksum', { consumes: ['application/octet-stream'], bodyLimitBytes: 2 * 1024 ** 3, timeoutMs: 600_000 })] }, async (req) => {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of req.requestBody) {
    hash.update(chunk);
    bytes += chunk.byteLength;
  }
  return { status: 200, body: { bytes, sha256: hash.digest('hex') } };
});

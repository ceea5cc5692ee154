import { restErrors } from './errors.js';
import type { RouteSegment } from './route-pattern.js';

/** Path parameters by name, without a prototype. */
export type PathParams = Readonly<Record<string, string>>;

const none: PathParams = Object.freeze(Object.create(null) as Record<string, string>);

/**
 * Decodes what the parameters of a pattern matched. The values are plain data: `..`, `/` and quotes stay as they are.
 * @throws `MOTIA_REST_INVALID_PATH_ENCODING` for malformed UTF-8 or percent-encoding
 * @throws `MOTIA_REST_INVALID_PATH_PARAM` for NUL and other control characters
 */
export function decodePathParams(segments: readonly RouteSegment[], rawValues: readonly string[]): PathParams {
  if (rawValues.length === 0) return none;
  const params = Object.create(null) as Record<string, string>;
  let index = 0;
  for (const segment of segments) {
    if (segment.kind === 'literal') continue;
    params[segment.name] = decodeValue(segment.name, rawValues[index] ?? '');
    index += 1;
  }
  return params;
}

function decodeValue(name: string, raw: string): string {
  const kind = kindOf(raw);
  if (kind === 'plain') return raw;
  if (kind === 'foreign') throw restErrors.INVALID_PATH_ENCODING({ param: name });
  let value: string;
  try {
    value = decodeURIComponent(raw);
  } catch {
    throw restErrors.INVALID_PATH_ENCODING({ param: name });
  }
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) throw restErrors.INVALID_PATH_PARAM({ param: name });
  }
  return value;
}

/** Node hands over the bytes of the request line as Latin-1: anything beyond ASCII was not percent-encoded. */
function kindOf(raw: string): 'plain' | 'encoded' | 'foreign' {
  let kind: 'plain' | 'encoded' = 'plain';
  for (let index = 0; index < raw.length; index += 1) {
    const code = raw.charCodeAt(index);
    if (code >= 0x7f) return 'foreign';
    if (code === 0x25) kind = 'encoded';
  }
  return kind;
}

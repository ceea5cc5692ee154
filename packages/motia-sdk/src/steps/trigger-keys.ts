/** What a trigger of each type may say beside `type` and `condition`. */
const keysByType: Readonly<Record<string, readonly string[]>> = {
  http: ['path', 'method', 'bodySchema', 'responseSchema', 'queryParams', 'middleware', 'timeoutMs', 'rawBody', 'bodyLimitBytes', 'bodyTimeoutMs', 'consumes', 'produces', 'files', 'respond', 'idempotency'],
  http_middleware: ['phase', 'priority', 'path', 'methods', 'timeoutMs'],
  queue: ['topic', 'input', 'config', 'infrastructure'],
  cron: ['expression', 'at', 'timezone', 'overlap', 'catchUp', 'catchUpWindowMs', 'timeoutMs', 'queue'],
  subscribe: ['topic', 'input'],
  state: ['scope', 'key'],
  stream: ['streamName', 'groupId', 'itemId'],
  log: ['level'],
};

/** What is wrong with the first key that would have no effect; undefined when every key has one. A misspelt schema would check nothing. */
export function unknownKeyProblem(trigger: Readonly<Record<string, unknown>>): string | undefined {
  const type = trigger['type'] === 'api' ? 'http' : String(trigger['type']);
  const keys = keysByType[type];
  if (keys === undefined) return undefined;
  const known = [...keys, 'condition'];
  const wrong = Object.keys(trigger).find((key) => key !== 'type' && trigger[key] !== undefined && !known.includes(key));
  if (wrong === undefined) return undefined;
  const meant = nearest(wrong, known);
  return `has no key \`${wrong}\`${meant === undefined ? `; triggers of type ${type} have ${known.join(', ')}` : `: did you mean \`${meant}\`?`}`;
}

/** The known name that was probably meant. Letter case, `_` and `-` do not count: `body_schema` finds `bodySchema`. */
export function nearest(wrong: string, known: readonly string[]): string | undefined {
  const plain = plainForm(wrong);
  const allowed = Math.ceil(plain.length / 3);
  let best: string | undefined;
  let least = allowed + 1;
  for (const name of known) {
    const distance = editDistance(plain, plainForm(name));
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

function plainForm(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '').slice(0, 64);
}

/** Insertions, deletions and replacements count one each. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let line = 1; line <= a.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (a[line - 1] === b[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

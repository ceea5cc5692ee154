/** The model as a page for people: docs/reference/protocol.md. */

const directionText = { 'worker-to-engine': 'worker → engine', 'engine-to-worker': 'engine → worker', both: 'both' };

export function emitReference(model) {
  return `${[
    '<!-- Generated from packages/protocol/motia.protocol.json by tools/protocol-gen. Do not edit: change the model and run `npm run generate:protocol`. -->',
    `# Protocol ${model.version}`,
    model.docs,
    'The machine-readable model is `@motia/protocol/motia.protocol.json`; recorded conversations that every implementation replays are in `packages/protocol/transcripts`.',
    '## Framing',
    model.framing.docs.map((paragraph) => `- ${paragraph}`).join('\n'),
    table(['limit', 'default'], Object.entries(model.framing.defaults).map(([name, value]) => [`\`${name}\``, value.toLocaleString('en-US')])),
    '## Errors of the transport',
    table(['code', 'name', 'meaning'], model.errorCodes.map(({ code, name, docs }) => [String(code), `\`${name}\``, docs])),
    '## Messages',
    table(
      ['method', 'direction', 'kind', 'what it does'],
      model.messages.map((message) => [`[\`${message.method}\`](#${anchor(message.method)})`, directionText[message.direction], message.kinds.join(', '), message.docs]),
    ),
    ...model.messages.map(describeMessage),
    '## Types',
    ...model.types.map(describeType),
  ].join('\n\n')}\n`;
}

function describeMessage(message) {
  return [
    `### ${message.method}`,
    `${directionText[message.direction]} · ${message.kinds.join(' or ')} · since ${message.since}`,
    message.docs,
    [
      `- params: ${typeText(message.params)}`,
      ...('result' in message ? [`- result: ${typeText(message.result)}`] : []),
      ...(message.errors.length > 0 ? [`- errors: ${message.errors.map((code) => (code.startsWith('MOTIA_') ? `\`${code}\`` : code)).join(', ')}`] : []),
    ].join('\n'),
  ].join('\n\n');
}

function describeType(type) {
  const head = [`### ${type.name}`, type.docs];
  if (type.kind === 'alias') return [...head, typeText(type.type)].join('\n\n');
  if (type.members.length === 0) return [...head, 'No members.'].join('\n\n');
  const rows = type.members.map((member) => [`\`${member.name}\`${member.optional ? ' (optional)' : ''}`, typeText(member.type), member.docs ?? '']);
  return [...head, table(['member', 'type', 'meaning'], rows)].join('\n\n');
}

function typeText(type) {
  if (typeof type === 'string') return type;
  const [[form, value]] = Object.entries(type);
  switch (form) {
    case 'ref':
      return `[${value}](#${anchor(value)})`;
    case 'array':
      return `array of ${typeText(value)}`;
    case 'map':
      return `map of ${typeText(value)}`;
    case 'enum':
      return value.map((text) => `\`"${text}"\``).join(' or ');
    case 'literal':
      return `\`"${value}"\``;
    case 'or':
      return value.map(typeText).join(' or ');
    case 'object':
      return `{ ${value.map((member) => `\`${member.name}\`${member.optional ? '?' : ''}: ${typeText(member.type)}`).join(', ')} }`;
    default:
      throw new Error(`unknown form ${form}`);
  }
}

function anchor(heading) {
  return heading.toLowerCase().replaceAll(/[^a-z0-9_ -]/g, '').replaceAll(' ', '-');
}

function table(columns, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(columns), `|${'---|'.repeat(columns.length)}`, ...rows.map(line)].join('\n');
}

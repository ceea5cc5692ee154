/** The model as TypeScript: one exported type per named type, and the maps from methods to params and results. */

const head = `// Generated from motia.protocol.json by tools/protocol-gen. Do not edit: change the model and run \`npm run generate:protocol\`.
`;
const plain = { string: 'string', boolean: 'boolean', integer: 'number', number: 'number', any: 'unknown' };
const directionText = { 'worker-to-engine': 'worker → engine', 'engine-to-worker': 'engine → worker', both: 'both directions' };

export function emitTypeScript(model) {
  const parts = [
    head,
    `/** Version spoken by this package. A peer with another major is refused with both versions named. */\nexport const PROTOCOL_VERSION = '${model.version}';\n`,
    ...model.types.map(emitNamedType),
    emitMap('RequestMap', 'Requests by method: params and result.', model, 'request', (message) => `{ params: ${typeOf(message.params)}; result: ${typeOf(message.result)} }`),
    emitMap('NotificationMap', 'Notifications by method: their params.', model, 'notification', (message) => typeOf(message.params)),
    `export type RequestMethod = keyof RequestMap;\nexport type NotificationMethod = keyof NotificationMap;\n`,
  ];
  return parts.join('\n');
}

function emitNamedType(type) {
  const comment = `/** ${type.docs} */\n`;
  if (type.kind === 'alias') return `${comment}export type ${type.name} = ${typeOf(type.type)};\n`;
  if (type.members.length === 0) return `${comment}export interface ${type.name} {\n  readonly _?: never;\n}\n`;
  return `${comment}export interface ${type.name} {\n${type.members.map(emitMember).join('\n')}\n}\n`;
}

function emitMember(member) {
  const comment = member.docs === undefined ? '' : `  /** ${member.docs} */\n`;
  return `${comment}  ${inlineMember(member)};`;
}

function inlineMember({ name, type, optional }) {
  return `readonly ${name}${optional ? '?' : ''}: ${typeOf(type)}`;
}

function emitMap(name, docs, model, kind, entryOf) {
  const entries = model.messages
    .filter((message) => message.kinds.includes(kind) && !message.internal)
    .map((message) => `  /** ${directionText[message.direction]}. ${message.docs} */\n  '${message.method}': ${entryOf(message)};`);
  return `/** ${docs} */\nexport interface ${name} {\n${entries.join('\n')}\n}\n`;
}

function typeOf(type) {
  if (typeof type === 'string') return plain[type];
  const [[form, value]] = Object.entries(type);
  switch (form) {
    case 'ref':
      return value;
    case 'array':
      return `readonly ${needsParentheses(value) ? `(${typeOf(value)})` : typeOf(value)}[]`;
    case 'map':
      return `Readonly<Record<string, ${typeOf(value)}>>`;
    case 'enum':
      return value.map((text) => `'${text}'`).join(' | ');
    case 'literal':
      return `'${value}'`;
    case 'or':
      return value.map(typeOf).join(' | ');
    case 'object':
      return `{ ${value.map(inlineMember).join('; ')} }`;
    default:
      throw new Error(`unknown form ${form}`);
  }
}

function needsParentheses(type) {
  return typeof type === 'object' && ('or' in type || 'enum' in type);
}

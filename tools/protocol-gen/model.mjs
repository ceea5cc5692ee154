/**
 * Reads motia.protocol.json and checks that it is complete, so that every emitter may trust it.
 *
 * A type is a name (`string`, `boolean`, `integer`, `number`, `any`) or an object with one key: `ref` (a named type),
 * `array`, `map` (string keys), `enum` (strings), `literal` (one string), `or` (several types), `object` (members).
 */
import { readFileSync } from 'node:fs';

const plainTypes = new Set(['string', 'boolean', 'integer', 'number', 'any']);
const directions = new Set(['worker-to-engine', 'engine-to-worker', 'both']);
const kinds = new Set(['request', 'notification']);
const carriers = new Set(['hot', 'library']);

/** Throws one error that names everything wrong with the model. */
export function readModel(file) {
  const model = JSON.parse(readFileSync(file, 'utf8'));
  const faults = [];
  const names = new Set();
  for (const type of model.types) {
    if (names.has(type.name)) faults.push(`type ${type.name} appears twice`);
    names.add(type.name);
  }
  const checkMembers = (where, members) => {
    const seen = new Set();
    for (const member of members) {
      if (seen.has(member.name)) faults.push(`${where}.${member.name} appears twice`);
      seen.add(member.name);
      checkType(`${where}.${member.name}`, member.type);
    }
  };
  const checkType = (where, type) => {
    if (typeof type === 'string') {
      if (!plainTypes.has(type)) faults.push(`${where}: unknown type ${type}`);
      return;
    }
    const [[form, value] = [], ...more] = Object.entries(type ?? {});
    if (form === undefined || more.length > 0) faults.push(`${where}: a type has exactly one key`);
    else if (form === 'ref') names.has(value) || faults.push(`${where}: no type ${value}`);
    else if (form === 'array' || form === 'map') checkType(where, value);
    else if (form === 'or') value.forEach((alternative) => checkType(where, alternative));
    else if (form === 'object') checkMembers(where, value);
    else if (form === 'enum') value.length > 0 || faults.push(`${where}: an enum needs values`);
    else if (form !== 'literal') faults.push(`${where}: unknown form ${form}`);
  };
  for (const type of model.types) {
    if (!type.docs || !type.since) faults.push(`type ${type.name} needs docs and since`);
    if (type.kind === 'object') checkMembers(type.name, type.members);
    else if (type.kind === 'alias') checkType(type.name, type.type);
    else faults.push(`type ${type.name}: kind is object or alias`);
  }
  const methods = new Set();
  for (const message of model.messages) {
    const where = `message ${message.method}`;
    if (methods.has(message.method)) faults.push(`${where} appears twice`);
    methods.add(message.method);
    if (!directions.has(message.direction)) faults.push(`${where}: unknown direction ${message.direction}`);
    if (!carriers.has(message.carrier)) faults.push(`${where}: unknown carrier ${message.carrier}`);
    if (!message.kinds?.length || message.kinds.some((kind) => !kinds.has(kind))) faults.push(`${where}: kinds are request and notification`);
    if (!message.docs || !message.since || !Array.isArray(message.errors)) faults.push(`${where} needs docs, since and errors`);
    checkType(`${where}.params`, message.params);
    const isRequest = message.kinds?.includes('request');
    if (isRequest !== 'result' in message) faults.push(`${where}: requests have a result, notifications have none`);
    if (isRequest) checkType(`${where}.result`, message.result);
  }
  if (faults.length > 0) throw new Error(`${file}:\n  ${faults.join('\n  ')}`);
  return model;
}

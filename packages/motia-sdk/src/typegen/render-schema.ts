import { namePart, type AliasTable } from './alias-table.js';
import { resolvePointer } from './schema-pointer.js';
import { grouped, intersectionOf, literalType, memberName, objectType, unionOf, unknownType } from './type-text.js';

type Node = Readonly<Record<string, unknown>>;
/**
 * Where a type stands: `owner` is the named type around it, and `isDeferred` that a member or an item lies between. TypeScript looks into the items of lists
 * that it intersects, so that these (`isJoined`) lie between nothing.
 */
interface Place {
  readonly owner: string;
  readonly isDeferred: boolean;
  readonly isJoined?: boolean;
}

const objectKeys = ['properties', 'additionalProperties', 'patternProperties', 'required', 'propertyNames'];
const arrayKeys = ['items', 'prefixItems'];
/** What is intersected with whatever else a schema says. */
const joins = ['$ref', 'anyOf', 'oneOf', 'allOf'];

/**
 * The TypeScript type of a JSON Schema (draft-07 and 2020-12), as text. References become named types in `aliases`. What
 * TypeScript cannot say (lengths, formats, `not`, conditions) is left out, what cannot be read at all is `unknown`.
 */
export function renderSchema(schema: unknown, name: string, aliases: AliasTable): string {
  return new SchemaRenderer(schema, name, aliases).render();
}

class SchemaRenderer {
  readonly #root: unknown;
  readonly #rootName: string;
  readonly #aliases: AliasTable;
  readonly #names = new Map<unknown, string>();
  /** A schema is data that a program made: it may contain itself. */
  readonly #open = new Set<Node>();
  #rootIsNamed = false;

  constructor(root: unknown, name: string, aliases: AliasTable) {
    this.#root = root;
    this.#rootName = aliases.reserve(name);
    this.#aliases = aliases;
  }

  render(): string {
    const text = this.#type(this.#root, { owner: this.#rootName, isDeferred: false });
    if (!this.#rootIsNamed) {
      this.#aliases.release(this.#rootName);
      return text;
    }
    this.#aliases.define(this.#rootName, text);
    return this.#rootName;
  }

  #type(schema: unknown, place: Place): string {
    if (schema === false) return 'never';
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return unknownType;
    const node = schema as Node;
    if (this.#open.has(node)) return unknownType;
    this.#open.add(node);
    const type = this.#parts(node, place);
    this.#open.delete(node);
    return node['nullable'] === true ? unionOf([type, 'null']) : type;
  }

  #parts(node: Node, around: Place): string {
    const place = joins.filter((key) => key in node).length + Number([...arrayKeys, 'type'].some((key) => key in node)) > 1 || 'allOf' in node ? { ...around, isJoined: true } : around;
    const each = (list: unknown): string[] => (Array.isArray(list) ? list.map((item: unknown) => this.#type(item, place)) : []);
    const parts: string[] = [];
    if (typeof node['$ref'] === 'string') parts.push(this.#reference(node['$ref'], place));
    if ('const' in node) parts.push(literalType(node['const']));
    if (Array.isArray(node['enum'])) parts.push(unionOf(node['enum'].map((value) => literalType(value))));
    const isSpelledOut = parts.some((part) => part !== unknownType);
    for (const key of ['anyOf', 'oneOf']) if (Array.isArray(node[key])) parts.push(unionOf(each(node[key])));
    parts.push(...each(node['allOf']));
    // `{ type: 'string', enum }` says nothing beyond the list, `{ type: 'object', allOf }` nothing beyond its parts.
    const isPlain = ![...objectKeys, ...arrayKeys].some((key) => key in node);
    if (!isSpelledOut && !(isPlain && parts.some((part) => part !== unknownType))) parts.push(this.#ownType(node, place));
    return intersectionOf(parts);
  }

  #ownType(node: Node, place: Place): string {
    const { type } = node;
    const names: readonly unknown[] = Array.isArray(type) ? type : [type];
    if (type === undefined) {
      if (objectKeys.some((key) => key in node)) return this.#object(node, place);
      return arrayKeys.some((key) => key in node) ? this.#array(node, place) : unknownType;
    }
    return unionOf(names.map((name) => this.#named(name, node, place)));
  }

  #named(name: unknown, node: Node, place: Place): string {
    switch (name) {
      case 'string':
      case 'boolean':
      case 'null':
      case 'number':
        return name;
      case 'integer':
        return 'number';
      case 'array':
        return this.#array(node, place);
      case 'object':
        return this.#object(node, place);
      default:
        return unknownType;
    }
  }

  #array(node: Node, { owner, isDeferred, isJoined = false }: Place): string {
    const inner = { owner, isDeferred: isDeferred || !isJoined, isJoined };
    const { items, prefixItems } = node;
    const first: readonly unknown[] | undefined = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : undefined;
    if (first === undefined) return `${grouped(this.#type(items, inner))}[]`;
    const least = typeof node['minItems'] === 'number' ? node['minItems'] : first.length;
    const elements = first.map((item, index) => {
      const type = this.#type(item, inner);
      return index < least ? type : `${grouped(type)}?`;
    });
    const rest = Array.isArray(prefixItems) ? items : node['additionalItems'];
    if (rest === true || (typeof rest === 'object' && rest !== null)) elements.push(`...${grouped(this.#type(rest, inner))}[]`);
    return `[${elements.join(', ')}]`;
  }

  #object(node: Node, { owner }: Place): string {
    const inner = { owner, isDeferred: true };
    const properties = isNode(node['properties']) ? node['properties'] : {};
    const keys = isNode(node['propertyNames']) ? stringsOf(node['propertyNames']['enum']) : [];
    const required = new Set(stringsOf(node['required']));
    const others = node['additionalProperties'];
    const names = [...new Set([...Object.keys(properties), ...required, ...keys])];
    const members = names.map((name) => {
      const type = Object.hasOwn(properties, name) ? this.#type(properties[name], inner) : isNode(others) ? this.#type(others, inner) : unknownType;
      return `${memberName(name)}${required.has(name) ? '' : '?'}: ${type}`;
    });
    const patterns = isNode(node['patternProperties']) ? Object.values(node['patternProperties']) : [];
    const isOpen = others === true || isNode(others) || patterns.length > 0;
    if (keys.length > 0 || (names.length > 0 && !isOpen)) return objectType(members);
    // Beside named members an index can promise nothing: those would have to keep the promise too.
    const index = names.length > 0 ? unknownType : this.#indexType(others, patterns, inner);
    return objectType([...members, `[key: string]: ${index}`]);
  }

  #indexType(others: unknown, patterns: readonly unknown[], place: Place): string {
    const types = patterns.map((pattern) => this.#type(pattern, place));
    if (others === false) return unionOf(types);
    return unionOf([...types, ...(isNode(others) ? [this.#type(others, place)] : types.length > 0 && others === undefined ? [] : [unknownType])]);
  }

  #reference(ref: string, { owner, isDeferred }: Place): string {
    const target = resolvePointer(this.#root, ref);
    if (target === undefined) return unknownType;
    const name = this.#nameOf(target, ref);
    return isDeferred || this.#aliases.allows(owner, name) ? name : unknownType;
  }

  #nameOf(target: unknown, ref: string): string {
    if (target === this.#root) {
      this.#rootIsNamed = true;
      return this.#rootName;
    }
    const known = this.#names.get(target);
    if (known !== undefined) return known;
    const name = this.#aliases.reserve(`${this.#rootName}_${namePart(ref.slice(ref.lastIndexOf('/') + 1))}`);
    this.#names.set(target, name);
    // Its text is that of the definition alone, wherever it is first referred to.
    const open = [...this.#open];
    this.#open.clear();
    this.#aliases.define(name, this.#type(target, { owner: name, isDeferred: false }));
    for (const node of open) this.#open.add(node);
    return name;
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/**
 * The text of a message with `{name}` where a detail goes. Messages are functions of their details, so they are called
 * with stand-ins that answer with their own name, whatever is done to them.
 */
export function messageTemplate(message) {
  const numbers = new Map();
  try {
    const text = String(message(standIn('', numbers)));
    return text.replaceAll(/\b70000\d{4}\b/g, (number) => `{${numbers.get(Number(number)) ?? 'number'}}`).replaceAll(/\s+/g, ' ').trim();
  } catch (error) {
    throw new Error(`a message could not be shown: ${error.message}\n${message}`);
  }
}

function standIn(name, numbers) {
  const shown = `{${name}}`;
  const asNumber = () => {
    const number = 700_000_000 + numbers.size;
    numbers.set(number, name);
    return number;
  };
  const methods = {
    [Symbol.toPrimitive]: () => (hint) => (hint === 'number' ? asNumber() : shown),
    [Symbol.iterator]: () => function* () { yield standIn(name, numbers); },
    toString: () => () => shown,
    toJSON: () => () => shown,
    valueOf: () => () => shown,
    map: () => (change) => [change(standIn(name, numbers), 0)],
    flatMap: () => (change) => [change(standIn(name, numbers), 0)].flat(),
    filter: () => () => standIn(name, numbers),
    slice: () => () => standIn(name, numbers),
    join: () => () => shown,
    toFixed: () => () => shown,
    length: () => 2,
  };
  return new Proxy(function () {}, {
    get: (_target, key) => (Object.hasOwn(methods, key) ? methods[key]() : standIn(name === '' ? String(key) : `${name}.${String(key)}`, numbers)),
    has: () => true,
    apply: () => shown,
  });
}

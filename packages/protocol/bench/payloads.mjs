/** JSON bodies of the sizes that the targets name. */
const small = {
  id: 'ord_01HZX3',
  customer: 'cus_8f2a',
  items: [{ sku: 'A-100', quantity: 2, price: 19.9 }, { sku: 'B-7', quantity: 1, price: 5 }],
  note: 'leave at the door, ring twice, thanks',
  express: true,
};

/** About 200 bytes or 10 KB of JSON as a value. */
export function payloadOf(size) {
  return size === '200B' ? small : { rows: Array.from({ length: 48 }, (_, index) => ({ ...small, index })) };
}

/** What every contender checks an order against. */
export const orderSchema = {
  type: 'object',
  required: ['product', 'quantity'],
  properties: { product: { type: 'string', minLength: 1 }, quantity: { type: 'integer', minimum: 1, maximum: 100 }, note: { type: 'string' } },
};

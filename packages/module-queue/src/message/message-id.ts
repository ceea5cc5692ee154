import { randomFillSync } from 'node:crypto';

/** Random bytes are drawn in bulk: a call to the operating system per message would cost more than the rest of it. */
const pool = Buffer.allocUnsafe(4096);
let used = pool.length;

/**
 * An id that no other engine makes, beginning with the time (UUID version 7), so that new rows go to the end of their
 * indexes.
 */
export function newReceiptId(nowMs: number): string {
  if (used + 10 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const time = Math.max(0, Math.trunc(nowMs)).toString(16).padStart(12, '0').slice(-12);
  const random = pool.toString('hex', used, used + 10);
  used += 10;
  const variant = ((Number.parseInt(random[3] as string, 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}

/** The id of one subscriber's row of a message; the handler's `idempotencyKey`. The same for every delivery. */
export function messageIdOf(receiptId: string, functionId: string): string {
  return functionId === '' ? receiptId : `${receiptId}:${functionId}`;
}

/** Names one delivery of a message: results and extensions with an older one are refused. */
export function deliveryReceipt(messageId: string, lease: number): string {
  return `${messageId}#${lease}`;
}

/** The parts of a delivery receipt; undefined for text that is none. */
export function readDeliveryReceipt(receipt: string): { readonly messageId: string; readonly lease: number } | undefined {
  const found = /^(.+)#(\d{1,15})$/s.exec(receipt);
  return found === null ? undefined : { messageId: found[1] as string, lease: Number(found[2]) };
}

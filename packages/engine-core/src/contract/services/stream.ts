import type { Server } from 'node:http';
import { defineRef } from '../ref.js';
import type { Registration } from '../functions.js';
import type { ChangeOptions } from './state.js';
import type { StoreService } from './store.js';

export interface StreamItemAddress {
  readonly stream: string;
  readonly group: string;
  readonly item: string;
}
export interface StreamChange {
  readonly oldValue: unknown;
  readonly newValue: unknown;
  /** Of (stream, group): one more with each change. */
  readonly seq: number;
}

/** Live groups of items, for other modules. Functions `stream::*` are the same for users. */
export interface StreamService {
  /** Where it is kept, for transactions with others; undefined for stores that have none. */
  readonly store: StoreService | undefined;
  /** Where clients connect; undefined before start. */
  address(): { readonly host: string; readonly port: number } | undefined;
  /** Serves clients on somebody else's HTTP or HTTPS server, too: their paths only, the rest stays with its other listeners. Call it after those were added. */
  attach(server: Server): Registration;
  /** The socket.io server, for middleware, rooms (`stream/<stream>/<group>[/<item>]`) and namespaces of one's own; undefined when it is turned off. */
  readonly socketIo: unknown;
  get(address: StreamItemAddress): Promise<unknown>;
  set(address: StreamItemAddress, value: unknown, options?: ChangeOptions): Promise<StreamChange>;
  update(address: StreamItemAddress, ops: unknown, options?: ChangeOptions): Promise<StreamChange>;
  delete(address: StreamItemAddress, options?: ChangeOptions): Promise<StreamChange | undefined>;
  /** An event that is not kept; with `tx` it is sent once the transaction is committed. */
  send(address: Omit<StreamItemAddress, 'item'> & { readonly item?: string }, event: { readonly type: string; readonly data: unknown }, options?: ChangeOptions): Promise<void>;
}
export const StreamServiceRef = defineRef<StreamService>('stream.service');

import type { StepSchemaInput } from '../schema/standard-schema.js';

/** What a client wants to hear: a group of a stream, or one item of it. */
export interface StreamSubscription {
  readonly groupId: string;
  readonly id?: string | undefined;
}
/** Who is connected, as the authentication function described it. */
export type StreamAuthContext = unknown;

/** Answer of `onJoin`; `{ unauthorized: true }` refuses the subscription. */
export interface StreamJoinResult {
  readonly unauthorized?: boolean;
}

/** What the authentication of stream clients gets. */
export interface StreamAuthInput {
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  readonly queryParams: Readonly<Record<string, string[]>>;
  readonly addr: string;
}
export interface StreamAuthResult {
  readonly context?: StreamAuthContext;
}

/** The config of a `*.stream.ts` file. */
export interface StreamConfig {
  /** Also the member of `ctx.streams`. */
  readonly name: string;
  readonly schema: StepSchemaInput;
  readonly baseConfig?: { readonly storageType: 'default' | 'state' };
  readonly onJoin?: (subscription: StreamSubscription, ctx: never, authContext?: StreamAuthContext) => StreamJoinResult | void | Promise<StreamJoinResult | void>;
  readonly onLeave?: (subscription: StreamSubscription, ctx: never, authContext?: StreamAuthContext) => void | Promise<void>;
}

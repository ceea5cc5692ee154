import type { StepSchemaInput } from '../schema/standard-schema.js';
import type { EnqueueData, FlowContext } from '../steps/flow-context.js';

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
/** Who the client is. Without a context it stays out. */
export interface StreamAuthResult<Auth = StreamAuthContext> {
  readonly context?: Auth;
}
/** `authenticateStream` of motia.config.ts: asked before a client of the streams is connected. */
export type AuthenticateStream<Auth = StreamAuthContext> = (
  input: StreamAuthInput,
  ctx: FlowContext<EnqueueData>,
) => StreamAuthResult<Auth> | undefined | void | Promise<StreamAuthResult<Auth> | undefined | void>;

/** The config of a `*.stream.ts` file. `Auth` is what the context of `authenticateStream` is. */
export interface StreamConfig<Auth = StreamAuthContext> {
  /** Also the member of `ctx.streams`. */
  readonly name: string;
  readonly schema: StepSchemaInput;
  readonly baseConfig?: { readonly storageType: 'default' | 'state' };
  // Methods: whoever expects a narrower context of authentication than it is told is taken at its word.
  /** Asked for each subscription. `{ unauthorized: true }` refuses it, and so does an error. `authContext` is missing where nobody authenticates. */
  onJoin?(subscription: StreamSubscription, ctx: FlowContext<EnqueueData>, authContext?: Auth): StreamJoinResult | void | Promise<StreamJoinResult | void>;
  /** Told when a subscription ends that `onJoin` allowed. */
  onLeave?(subscription: StreamSubscription, ctx: FlowContext<EnqueueData>, authContext?: Auth): void | Promise<void>;
}

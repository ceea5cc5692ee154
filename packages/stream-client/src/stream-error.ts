/** Why a client or a subscription does not work. `code` is one of the server, or one of ours: `MOTIA_STREAM_CLIENT_…`. */
export class StreamError extends Error {
  override readonly name = 'StreamError';

  constructor(
    readonly code: string,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

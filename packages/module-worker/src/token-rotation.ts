import type { Logger, TokenRotated, TokenRotation } from '@motia/engine-core/contract';
import { workerErrors } from './errors.js';
import type { RemoteWorkers } from './remote-workers.js';
import { longestToken, newToken, shortestToken, writeTokenFile } from './token-file.js';
import type { WorkerTokens } from './worker-tokens.js';

/** Seven days. */
const longestGraceMs = 604_800_000;

export interface TokenRotatorParts {
  readonly tokens: WorkerTokens;
  readonly remote: RemoteWorkers;
  /** Where the token is kept; undefined when the configuration itself has it. */
  readonly file: string | undefined;
  readonly logger: Logger;
}

/** As `WorkerListener.rotateToken` says; one rotation at a time. */
export class TokenRotator {
  readonly #parts: TokenRotatorParts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: TokenRotatorParts) {
    this.#parts = parts;
  }

  rotate(rotation: TokenRotation): Promise<TokenRotated> {
    const done = this.#last.then(() => this.#rotate(rotation));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #rotate({ token = newToken(), graceMs = 0, disconnects = false }: TokenRotation): Promise<TokenRotated> {
    const { tokens, remote, file, logger } = this.#parts;
    if (!tokens.isRequired) throw workerErrors.TOKEN_NOT_USED({});
    if (typeof token !== 'string' || token !== token.trim() || token.length < shortestToken || token.length > longestToken) {
      throw workerErrors.ROTATION_INVALID({ problem: `a token has ${shortestToken} to ${longestToken} characters and no white space around it` });
    }
    if (!Number.isInteger(graceMs) || graceMs < 0 || graceMs > longestGraceMs) throw workerErrors.ROTATION_INVALID({ problem: `graceMs is 0 to ${longestGraceMs} milliseconds` });
    // What could not be kept would lock everyone out after the next start.
    if (file !== undefined) await writeTokenFile(file, token);
    tokens.rotate(token, graceMs);
    if (disconnects) remote.disconnectFormer(graceMs);
    const rotated = { token, isKept: file !== undefined, connected: remote.connected };
    logger.warn('The token of remote workers was changed', { oldForMs: graceMs, connected: rotated.connected, disconnects, isKept: rotated.isKept });
    return rotated;
  }
}

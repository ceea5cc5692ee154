import { MotiaError } from '@motia/protocol';
import { sdkErrors } from '../errors.js';

export interface NonRetryableOptions {
  /** Default `MOTIA_SDK_NON_RETRYABLE`. */
  readonly code?: string;
  /** Where a request waits for the answer. Default 500. */
  readonly status?: number;
  /** Kept with the dead letter. */
  readonly details?: unknown;
  readonly cause?: unknown;
}

/**
 * Thrown by a handler that knows another attempt cannot succeed: `throw new NonRetryable('no such customer')`. A message
 * goes to the dead letters at once, with this reason; a request is answered with `status`.
 */
export class NonRetryable extends MotiaError {
  constructor(message: string, { code = 'MOTIA_SDK_NON_RETRYABLE', status, details, cause }: NonRetryableOptions = {}) {
    super({ code, message, hint: sdkErrors.$catalog.NON_RETRYABLE.remedy, retryable: false, status, details, cause });
    this.name = 'NonRetryable';
  }
}

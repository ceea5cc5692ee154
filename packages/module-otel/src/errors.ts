import { MotiaError } from '@motia/engine-core/contract';

/** Every condition of this module. Codes are never reused. */
export const otelErrors = {
  /** Otel was asked to greet nobody. */
  NAME_MISSING: (details: { readonly functionId: string }): MotiaError =>
    new MotiaError({
      code: 'MOTIA_OTEL_NAME_MISSING',
      message: `${details.functionId} was called without a name.`,
      hint: 'Send {"name": "Ada"}.',
      retryable: false,
      status: 400,
      details,
    }),
};

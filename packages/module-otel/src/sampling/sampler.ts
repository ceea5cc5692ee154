import { globMatcher } from './glob.js';
import { TokenBucket } from './token-bucket.js';

export interface SamplingRule {
  readonly operation?: string;
  readonly service?: string;
  readonly rate: number;
}
export interface SamplingPlan {
  /** Of traces that no rule names, 0 to 1. */
  readonly defaultRate: number;
  /** Whether a trace that comes from elsewhere is decided by whoever began it. */
  readonly isParentBased: boolean;
  readonly rules: readonly SamplingRule[];
  readonly maxTracesPerSecond: number | undefined;
  readonly serviceName: string;
}
export interface SamplingCounters {
  readonly sampled: number;
  readonly notSampled: number;
  readonly rateLimited: number;
}

const rememberedNames = 5_000;
const range = 2 ** 52;

/**
 * Decides at the beginning of a trace, or where it enters, whether it is recorded. The decision for a rate depends on
 * the trace id alone, so that everyone with the same rate decides alike.
 */
export class Sampler {
  readonly plan: SamplingPlan;
  readonly #rules: readonly { readonly matches: (operation: string) => boolean; readonly rate: number }[];
  readonly #rates = new Map<string, number>();
  readonly #bucket: TokenBucket | undefined;
  #sampled = 0;
  #notSampled = 0;
  #rateLimited = 0;

  readonly #now: () => number;

  /** `now`: milliseconds on the monotonic scale. */
  constructor(plan: SamplingPlan, now: () => number) {
    this.#now = now;
    this.plan = plan;
    this.#rules = plan.rules
      .filter(({ service }) => service === undefined || globMatcher(service)(plan.serviceName))
      .map(({ operation, rate }) => ({ matches: operation === undefined ? () => true : globMatcher(operation), rate }));
    this.#bucket = plan.maxTracesPerSecond === undefined ? undefined : new TokenBucket(plan.maxTracesPerSecond, now());
  }

  get counters(): SamplingCounters {
    return { sampled: this.#sampled, notSampled: this.#notSampled, rateLimited: this.#rateLimited };
  }

  /** `parentIsSampled` where the trace comes from elsewhere. */
  decide(operation: string, traceId: string, parentIsSampled: boolean | undefined): boolean {
    if (parentIsSampled !== undefined && this.plan.isParentBased) return this.#count(parentIsSampled);
    if (!isBelowRate(traceId, this.#rateOf(operation))) return this.#count(false);
    if (this.#bucket !== undefined && !this.#bucket.take(this.#now())) {
      this.#rateLimited += 1;
      return false;
    }
    return this.#count(true);
  }

  #count(isSampled: boolean): boolean {
    if (isSampled) this.#sampled += 1;
    else this.#notSampled += 1;
    return isSampled;
  }

  #rateOf(operation: string): number {
    if (this.#rules.length === 0) return this.plan.defaultRate;
    const known = this.#rates.get(operation);
    if (known !== undefined) return known;
    const rate = this.#rules.find(({ matches }) => matches(operation))?.rate ?? this.plan.defaultRate;
    if (this.#rates.size < rememberedNames) this.#rates.set(operation, rate);
    return rate;
  }
}

/** True for a share of `rate` of all trace ids, the same for everybody: the last 52 bits, which W3C wants to be random, as a fraction. */
export function isBelowRate(traceId: string, rate: number): boolean {
  if (rate >= 1) return true;
  return rate > 0 && Number.parseInt(traceId.slice(19), 16) < rate * range;
}

import { DEFAULT_ENDPOINT_LIMITS, type EndpointLimits } from '@motia/protocol';

/** What the kernel allows. Each has a default that no ordinary app meets. */
export interface KernelLimits {
  /** Functions that one process may register. Default 10,000. */
  readonly maxFunctions: number;
  /** Triggers that one process may register. Default 10,000. */
  readonly maxTriggers: number;
  /** Bytes of the description of a function or trigger type. Default 65,536. */
  readonly maxDescriptionBytes: number;
  /** Bytes of the schemas and metadata of one function, as JSON. Default 1,048,576. */
  readonly maxSpecBytes: number;
  /** Calls within calls. Default 64. */
  readonly maxCallDepth: number;
  /** Calls that may wait for one function whose process is restarting. Default 1,024. */
  readonly maxParkedCalls: number;
  /** Milliseconds that a call waits for a process that does not keep up with its calls; then `WORKER_BACKPRESSURE`. Default 1,000. */
  readonly crowdedWaitMs: number;
  /** Bytes of payloads that wait so, over all functions; further calls are refused at once. Default 64 MiB. */
  readonly maxCrowdedBytes: number;
  /** Calls of one process that have no answer yet. Default 4,096. */
  readonly maxOpenCallsPerWorker: number;
  /** Bytes that one channel holds in the engine. Default 262,144. */
  readonly channelCreditBytes: number;
  /** Channels open at the same time. Default 10,000. */
  readonly maxChannels: number;
  readonly endpoint: EndpointLimits;
}

export type KernelLimitOptions = Partial<Omit<KernelLimits, 'endpoint'>> & { readonly endpoint?: Partial<EndpointLimits> };

export function withDefaultLimits(options: KernelLimitOptions = {}): KernelLimits {
  return {
    maxFunctions: 10_000,
    maxTriggers: 10_000,
    maxDescriptionBytes: 64 * 1024,
    maxSpecBytes: 1024 * 1024,
    maxCallDepth: 64,
    maxParkedCalls: 1024,
    crowdedWaitMs: 1000,
    maxCrowdedBytes: 64 * 1024 * 1024,
    maxOpenCallsPerWorker: 4096,
    channelCreditBytes: 256 * 1024,
    maxChannels: 10_000,
    ...options,
    endpoint: { ...DEFAULT_ENDPOINT_LIMITS, ...options.endpoint },
  };
}

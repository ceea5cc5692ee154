export type HealthStatus = 'starting' | 'healthy' | 'degraded' | 'unhealthy';

/** Lent to each module. A module that never speaks counts as healthy once started. */
export interface HealthReporter {
  set(status: HealthStatus, reason?: string): void;
  /** A part of the module that is shown by a name of its own, as long as the module runs. */
  part(name: string): HealthReporter;
}

export interface HealthReport {
  readonly status: HealthStatus;
  /** False before start finished, while draining, and while a module is unhealthy. `/readyz` shows it. */
  readonly ready: boolean;
  readonly components: Readonly<Record<string, { readonly status: HealthStatus; readonly reason?: string; readonly since: number }>>;
  readonly version: string;
  readonly timestamp: number;
}
export interface HealthView {
  report(): HealthReport;
}

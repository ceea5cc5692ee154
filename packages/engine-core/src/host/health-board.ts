import type { Clock } from '../contract/clock.js';
import type { HealthReport, HealthReporter, HealthStatus, HealthView } from '../contract/health.js';
import type { EngineState } from './lifecycle-state.js';

interface Component {
  status: HealthStatus;
  reason: string | undefined;
  since: number;
}

/** What every module said about itself, and what the engine makes of it. One per engine. */
export interface HealthBoard extends HealthView {
  /** Adds a module, `starting` until it says otherwise or `settle` is called. */
  component(id: string): HealthReporter & { settle(): void };
  /** Takes a module and its parts off the board. */
  remove(id: string): void;
}

const severity: Readonly<Record<HealthStatus, number>> = { healthy: 0, degraded: 1, starting: 2, unhealthy: 3 };

/** Draining is `degraded`, not `unhealthy`: whoever watches must stop sending work, not kill the process. */
const ofEngine: Readonly<Record<EngineState, HealthStatus>> = {
  idle: 'starting', starting: 'starting', ready: 'healthy', draining: 'degraded', stopping: 'degraded', stopped: 'unhealthy', failed: 'unhealthy',
};

/**
 * The engine is as healthy as its sickest module. It is ready once started, until it drains, and while no module is
 * unhealthy or still starting.
 */
export function createHealthBoard(options: { readonly clock: Clock; readonly version: string; readonly engineState: () => EngineState }): HealthBoard {
  const { clock } = options;
  const components = new Map<string, Component>();
  const parts = new Map<string, Set<string>>();

  function set(id: string, status: HealthStatus, reason: string | undefined): void {
    const known = components.get(id);
    const since = known?.status === status ? known.since : clock.now();
    components.set(id, { status, reason, since });
  }

  return {
    component(id) {
      set(id, 'starting', undefined);
      const own = new Set<string>();
      parts.set(id, own);
      const part = (name: string): HealthReporter => {
        // A module of that name speaks for itself.
        if (!components.has(name)) {
          own.add(name);
          set(name, 'healthy', undefined);
        }
        return {
          set: (status, reason) => {
            if (own.has(name) && components.has(name)) set(name, status, reason);
          },
          part,
        };
      };
      let hasSpoken = false;
      return {
        set(status, reason) {
          hasSpoken = true;
          if (components.has(id)) set(id, status, reason);
        },
        part,
        settle() {
          if (!hasSpoken && components.has(id)) set(id, 'healthy', undefined);
        },
      };
    },
    remove(id) {
      components.delete(id);
      for (const name of parts.get(id) ?? []) components.delete(name);
      parts.delete(id);
    },
    report(): HealthReport {
      const state = options.engineState();
      const statuses = [...components.values()].map(({ status }) => status);
      const worst = statuses.reduce<HealthStatus>((a, b) => (severity[b] > severity[a] ? b : a), 'healthy');
      const own = ofEngine[state];
      const status = severity[own] > severity[worst] ? own : worst;
      return {
        status,
        ready: state === 'ready' && worst !== 'unhealthy' && worst !== 'starting',
        components: Object.fromEntries(
          [...components].map(([id, { status: each, reason, since }]) => [id, { status: each, since, ...(reason === undefined ? {} : { reason }) }]),
        ),
        version: options.version,
        timestamp: clock.now(),
      };
    },
  };
}

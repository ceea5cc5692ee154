import type { TestRunner } from '@motia/engine-core/testing';
import { JobStoreSlot } from '../job-store.js';
import { groupConformance } from './group-conformance.js';
import { leaseConformance } from './lease-conformance.js';
import { messageConformance } from './message-conformance.js';
import { openJobStore, type JobStoreSubject, type OpenJobStore } from './open-job-store.js';
import { operatorConformance } from './operator-conformance.js';

export interface JobStoreConformanceOptions extends JobStoreSubject {
  /**
   * False for stores that are gone with their engine: then nothing is opened a second time. Default true; the options of
   * one test must then name the same place.
   */
  readonly isDurable?: boolean;
}

/** How the parts of the suite open what they test. */
export interface ConformanceSetting {
  readonly runner: TestRunner;
  readonly isDurable: boolean;
  readonly supports: (capability: string) => boolean;
  /** A store of its own. */
  open(): Promise<OpenJobStore>;
  /** Options for several openings of one store. */
  place(): unknown;
  openAt(place: unknown, clock?: OpenJobStore['clock']): Promise<OpenJobStore>;
}

/**
 * What every store of jobs promises, as tests of the store's own suite: `jobStoreConformance({ describe, it, expect }, { adapter, options })`.
 * Capabilities choose the tests.
 */
export function jobStoreConformance(runner: TestRunner, subject: JobStoreConformanceOptions): void {
  const { adapter, options = () => undefined, isDurable = true } = subject;
  const setting: ConformanceSetting = {
    runner,
    isDurable,
    supports: (capability) => (adapter.capabilities as readonly string[]).includes(capability),
    open: () => openJobStore(subject, options()),
    place: options,
    openAt: (place, clock) => openJobStore(subject, place, clock),
  };
  const { describe, it, expect } = runner;
  describe(`${adapter.name} as a store of jobs`, () => {
    it('is of the slot, with capabilities that the slot knows', async () => {
      expect(adapter.slot.id).toEqual(JobStoreSlot.id);
      expect((adapter.capabilities as readonly string[]).filter((capability) => !(JobStoreSlot.capabilities as readonly string[]).includes(capability))).toEqual([]);
    });
    messageConformance(setting);
    leaseConformance(setting);
    if (setting.supports('fifo')) groupConformance(setting);
    operatorConformance(setting);
  });
}

import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@motia/engine-core/testing';
import { Admission, WAIT_QUEUE_LIMIT, WAIT_QUEUE_TIMEOUT_MS, type Applicant } from '../src/admission.js';

class Guest implements Applicant {
  state: 'new' | 'admitted' | 'refused' = 'new';
  admitted(): void {
    this.state = 'admitted';
  }
  refused(): void {
    this.state = 'refused';
  }
}
const enter = (admission: Admission, count: number): Guest[] => Array.from({ length: count }, () => {
  const guest = new Guest();
  admission.enter(guest);
  return guest;
});
const states = (guests: readonly Guest[]): string[] => [...new Set(guests.map(({ state }) => state))];

describe('Admission', () => {
  it('R2 admits to the limit, lets 256 wait, refuses the rest at once', () => {
    const admission = new Admission(4, new ManualClock());
    expect(states(enter(admission, 4))).toEqual(['admitted']);
    expect(states(enter(admission, WAIT_QUEUE_LIMIT))).toEqual(['new']);
    expect(states(enter(admission, 1))).toEqual(['refused']);
    expect([admission.active, admission.waiting]).toEqual([4, 256]);
  });

  it('R2 gives a free place to whoever waited longest', () => {
    const admission = new Admission(1, new ManualClock());
    enter(admission, 1);
    const [first, second] = enter(admission, 2) as [Guest, Guest];
    admission.leave();
    expect([first.state, second.state, admission.active]).toEqual(['admitted', 'new', 1]);
    admission.leave();
    admission.leave();
    expect([second.state, admission.active, admission.waiting]).toEqual(['admitted', 0, 0]);
  });

  it('R2 refuses who waited a second, and leaves no timer behind', async () => {
    const clock = new ManualClock();
    const admission = new Admission(1, clock);
    enter(admission, 1);
    const [waiting, withdrawn, served] = enter(admission, 3) as [Guest, Guest, Guest];
    admission.withdraw(withdrawn);
    await clock.advance(WAIT_QUEUE_TIMEOUT_MS - 1);
    expect(waiting.state).toBe('new');
    admission.withdraw(waiting);
    admission.leave();
    expect(served.state).toBe('admitted');
    const late = enter(admission, 1)[0];
    await clock.advance(WAIT_QUEUE_TIMEOUT_MS);
    expect([late?.state, withdrawn.state, waiting.state, clock.pendingTimers]).toEqual(['refused', 'new', 'new', 0]);
  });
});

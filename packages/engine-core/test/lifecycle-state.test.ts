import { describe, expect, it } from '@jest/globals';
import { engineTransitions, pluginTransitions, stateMachine, type PluginState, type TransitionTable } from '../src/host/lifecycle-state.js';

/** States that can be reached from one. */
function reachable<S extends string>(table: TransitionTable<S>, from: S): ReadonlySet<S> {
  const seen = new Set<S>([from]);
  for (const state of seen) for (const next of Object.keys(table[state]) as S[]) seen.add(next);
  return seen;
}

describe('the life of a plugin', () => {
  it('lets every state be reached, and leads from every state to its end', () => {
    expect(reachable(pluginTransitions, 'planned')).toEqual(new Set(Object.keys(pluginTransitions)));
    for (const state of Object.keys(pluginTransitions) as PluginState[]) expect(reachable(pluginTransitions, state).has('stopped')).toBe(true);
    expect(pluginTransitions.stopped).toEqual({});
  });

  it('never leads back to a state that was left', () => {
    for (const state of Object.keys(pluginTransitions) as PluginState[]) {
      for (const next of Object.keys(pluginTransitions[state]) as PluginState[]) expect(reachable(pluginTransitions, next).has(state)).toBe(false);
    }
  });

  it('refuses every step that the table does not hold, and stays where it was', () => {
    for (const from of Object.keys(pluginTransitions) as PluginState[]) {
      for (const to of Object.keys(pluginTransitions) as PluginState[]) {
        const changes: string[] = [];
        const machine = stateMachine<PluginState>(pluginTransitions, { subject: 'rest', initial: from, onChanged: (state, before) => changes.push(`${before} ${state}`) });
        if (pluginTransitions[from][to] === undefined) {
          expect(() => machine.to(to)).toThrow(expect.objectContaining({ code: 'MOTIA_ENGINE_LIFECYCLE_ILLEGAL' }));
          expect([machine.state, changes]).toEqual([from, []]);
        } else {
          machine.to(to);
          expect([machine.state, changes]).toEqual([to, [`${from} ${to}`]]);
        }
      }
    }
  });

  it('says who cannot do what while it is what', () => {
    const machine = stateMachine<PluginState>(pluginTransitions, { subject: 'rest', initial: 'planned' });
    expect(() => machine.to('draining')).toThrow('rest cannot drain while it is planned.');
  });
});

describe('the life of an engine', () => {
  it('leads from every state to an end, and an end leads nowhere', () => {
    for (const state of Object.keys(engineTransitions) as (keyof typeof engineTransitions)[]) {
      const ends = [...reachable(engineTransitions, state)].filter((each) => Object.keys(engineTransitions[each]).length === 0);
      expect(ends.length).toBeGreaterThan(0);
    }
    expect(Object.keys(engineTransitions).filter((state) => Object.keys(engineTransitions[state as 'idle']).length === 0)).toEqual(['stopped', 'failed']);
  });
});

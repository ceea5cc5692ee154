import { nearestNames } from '@motia/engine-core';
import { errors } from '../../errors.js';
import type { Noun } from './verbs.js';

/** Something that a verb can be about. */
export interface Target {
  /** What the data API calls it. */
  readonly id: string;
  /** What else a person may call it. */
  readonly names: readonly string[];
}

/** A beginning of an id is enough from here on. */
const shortestBeginning = 6;

/**
 * What a person means: an id, another name, or the beginning of an id that is that of no other.
 * @throws `MOTIA_ENGINE_TARGET_UNKNOWN`, `MOTIA_ENGINE_TARGET_AMBIGUOUS`
 */
export function resolveTarget(noun: Noun | 'functions', given: string, targets: readonly Target[]): string {
  const byId = targets.find(({ id }) => id === given);
  if (byId !== undefined) return byId.id;
  const named = targets.filter(({ names }) => names.includes(given));
  const meant = named.length > 0 || given.length < shortestBeginning ? named : targets.filter(({ id }) => id.startsWith(given));
  const [only, ...others] = meant;
  if (only === undefined) throw errors.TARGET_UNKNOWN({ noun, given, nearest: nearestNames(given, targets.flatMap(({ id, names }) => [id, ...names]), 3) });
  if (others.length > 0) throw errors.TARGET_AMBIGUOUS({ noun, given, ids: meant.map(({ id }) => id) });
  return only.id;
}

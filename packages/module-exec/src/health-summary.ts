import type { HealthStatus, MotiaError, ProcessState } from '@motia/engine-core/contract';

/** One number for all places: healthy when all serve, degraded while some do or will again, unhealthy when none will. */
export function summariseHealth(
  places: readonly { readonly owner: string; readonly state: ProcessState; readonly lastError: MotiaError | undefined }[],
  reloadError: MotiaError | undefined,
): { readonly status: HealthStatus; readonly reason?: string } {
  const down = places.filter((place) => place.state !== 'ready');
  const reasons = down.map((place) => `${place.owner} ${place.state}${place.lastError === undefined ? '' : `: ${place.lastError.message}`}`);
  if (down.length === places.length && down.every((place) => place.state === 'fatal')) return { status: 'unhealthy', reason: reasons.join('; ') };
  if (reloadError !== undefined) reasons.push(`the previous version is serving, the new one did not come up: ${reloadError.message}`);
  return reasons.length === 0 ? { status: 'healthy' } : { status: 'degraded', reason: reasons.join('; ') };
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Milliseconds of `250`, `'250ms'`, `'1h30m'`, `'3d'`. @throws RangeError for anything else */
export function toMilliseconds(duration: number | string): number {
  if (typeof duration === 'number') {
    if (!Number.isFinite(duration) || duration < 0) throw new RangeError(`not a duration: ${duration}`);
    return duration;
  }
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== duration.replaceAll(' ', '')) {
    throw new RangeError(`not a duration: "${duration}" (write 250ms, 10s, 5m, 2h, 3d, 1w or a sequence of these)`);
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitsMs[unit ?? ''] ?? 0), 0);
}

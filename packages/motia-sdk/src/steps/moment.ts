/** A moment as it travels: RFC 3339 in UTC. What is no moment is given back as text, for the engine to refuse by name. */
export function momentOf(moment: string | number | Date): string {
  const date = new Date(moment);
  return Number.isNaN(date.getTime()) ? String(moment) : date.toISOString();
}

/** Epoch milliseconds; a text is left as it is, and what is no moment becomes one, for the engine to refuse by name. */
export function momentMs(moment: string | number | Date): number | string {
  if (typeof moment === 'string') return moment;
  const ms = new Date(moment).getTime();
  return Number.isNaN(ms) ? String(moment) : ms;
}

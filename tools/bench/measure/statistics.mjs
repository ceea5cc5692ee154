export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Ratios of two series measured in the same rounds, as min / median / max. */
export function pairedRatio(ours, theirs) {
  const ratios = ours.map((value, index) => value / theirs[index]);
  return { min: Math.min(...ratios), median: median(ratios), max: Math.max(...ratios) };
}

export function formatRatio({ min, median: middle, max }) {
  return `${min.toFixed(2)} / ${middle.toFixed(2)} / ${max.toFixed(2)}`;
}

/** A Markdown table. */
export function table(head, rows) {
  return [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
}

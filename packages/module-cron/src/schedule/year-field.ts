import { firstYear, lastYear } from './field-rules.js';

interface YearRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** The seventh field, which cron-parser does not have: which year comes next. Steps over `*` count from 1970. */
export class YearField {
  readonly #ranges: readonly YearRange[];

  /** @param text the field as `readField` gives it */
  constructor(text: string) {
    this.#ranges = text.split(',').map((item) => {
      const [base = '*', step] = item.split('/');
      const [from, to] = base === '*' ? [firstYear, lastYear] : base.split('-').map(Number);
      const start = from ?? firstYear;
      return { from: start, to: to ?? (step === undefined ? start : lastYear), step: Number(step ?? '1') };
    });
  }

  /** The first allowed year that is `year` or later; undefined when there is none. */
  atOrAfter(year: number): number | undefined {
    let best: number | undefined;
    for (const { from, to, step } of this.#ranges) {
      const candidate = year <= from ? from : from + Math.ceil((year - from) / step) * step;
      if (candidate <= to && (best === undefined || candidate < best)) best = candidate;
    }
    return best;
  }
}

export interface Sale {
  readonly product: string;
  readonly cents: number;
}

export interface Report {
  /** The slot that the report belongs to: its name, whenever it was made. */
  readonly slot: string;
  readonly sales: number;
  readonly cents: number;
  readonly byProduct: Readonly<Record<string, number>>;
}

/** Sums up sales. */
export function reportOf(sales: readonly Sale[], slot: string): Report {
  const byProduct: Record<string, number> = {};
  for (const { product, cents } of sales) byProduct[product] = (byProduct[product] ?? 0) + cents;
  return { slot, sales: sales.length, cents: sales.reduce((sum, { cents }) => sum + cents, 0), byProduct };
}

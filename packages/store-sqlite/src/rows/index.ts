export { checkedTable } from './checked-table.js';
export type { CheckedTable, CheckedTableOptions, Sealed } from './checked-table.js';
export { rowChecksum } from './row-checksum.js';

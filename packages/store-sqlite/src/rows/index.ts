export { checkedTable } from './checked-table.js';
export type { CheckedTable, CheckedTableOptions, Sealed } from './checked-table.js';
export { RecentRows } from './recent-rows.js';
export { rowChecksum } from './row-checksum.js';
export { storeHistory } from './store-history.js';

import type { StoreSql } from '@motia/engine-core/contract';
import { rowChecksum } from '../rows/row-checksum.js';

interface OldCall {
  readonly id: number;
  readonly trigger_id: string;
  readonly lane: string;
  readonly payload: string;
  readonly trace: string | null;
  readonly depth: number;
  readonly crc: number;
}
const next = 'SELECT c.id, l.trigger_id, l.lane, c.payload, c.trace, c.depth, c.crc FROM outbox_call c JOIN outbox_lane l ON l.id = c.lane_id WHERE c.id > ? ORDER BY c.id LIMIT 500';

/** Checksums of calls said nothing of their lane. One that was wrong before stays wrong. */
export function coverLanes(sql: StoreSql): void {
  for (let rows = sql.all<OldCall>(next, 0); rows.length > 0; rows = sql.all<OldCall>(next, rows.at(-1)?.id ?? 0)) {
    for (const { id, trigger_id: triggerId, lane, payload, trace, depth, crc } of rows) {
      if (crc === rowChecksum(payload, trace, depth)) sql.run('UPDATE outbox_call SET crc = ? WHERE id = ?', rowChecksum(triggerId, lane, payload, trace, depth), id);
    }
  }
}

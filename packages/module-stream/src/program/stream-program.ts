import { defineStoreProgram } from '@motia/engine-core/contract';
import { changeItem } from './change-item.js';
import { clearCustom, markCustom, readCustomMarks } from './custom-marks.js';
import { migrations } from './migrations.js';
import { changesAfter, logAfter, logEnd, readGroup, readGroups, readItem, readItems } from './queries.js';
import { sendMessage } from './send-message.js';
import { endLostSessions, endSession, enterSession, forgetSession, owners } from './sessions.js';
import { closeStreams, openStreams, prune } from './upkeep.js';

/** The part of the module that lives in the store. */
export const storeProgram = defineStoreProgram({
  name: 'stream',
  source: { specifier: '@motia/module-stream/store-program', from: import.meta.url },
  migrations,
  commands: { open: openStreams, close: closeStreams, change: changeItem, send: sendMessage, prune, enterSession, forgetSession, endSession, endLostSessions, markCustom, clearCustom },
  queries: { item: readItem, group: readGroup, items: readItems, groups: readGroups, logEnd, logAfter, changesAfter, owners, customMarks: readCustomMarks },
});

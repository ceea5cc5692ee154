export { rowChecksum } from './row-checksum.js';

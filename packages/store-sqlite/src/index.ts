export { storeVersion } from './version.js';

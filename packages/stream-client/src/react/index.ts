export { streamClientVersion } from '../index.js';

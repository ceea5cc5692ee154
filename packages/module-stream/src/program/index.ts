export { storeProgram } from './stream-program.js';

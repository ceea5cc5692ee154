import type { WritePort } from '../logger/write-port.js';

type StandardStream = NodeJS.WriteStream & { readonly fd: number };

/**
 * Standard output or standard error as a place for log lines. A reader that goes away (a closed terminal, `| head`)
 * turns it off for good; it never throws and never ends the process.
 */
export function standardStream(name: 'stdout' | 'stderr'): WritePort {
  const stream = (name === 'stdout' ? process.stdout : process.stderr) as StandardStream;
  let isOpen = true;
  const onError = (): void => {
    isOpen = false;
  };
  let isListening = false;
  return {
    isTerminal: stream.isTTY === true,
    wantsColour: stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb',
    write(text) {
      if (!isOpen) return true;
      if (!isListening) {
        // On first use, so that merely importing the engine leaves the stream alone.
        isListening = true;
        stream.on('error', onError);
      }
      try {
        return stream.write(text);
      } catch {
        isOpen = false;
        return true;
      }
    },
    onceDrained(listener) {
      stream.once('drain', listener);
    },
    close() {
      isOpen = false;
      // The listener stays: an EPIPE of a write under way comes later, and would end the process if nobody listened.
    },
  };
}

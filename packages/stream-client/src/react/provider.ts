import { createContext, createElement, useEffect, useMemo, useRef, useState, type ReactElement, type ReactNode } from 'react';
import { Stream, type StreamOptions } from '../stream.js';
import type { Address } from '../wire/connection.js';

/** The client of the nearest provider; null outside of any. */
export const StreamContext = createContext<Stream | null>(null);

export interface MotiaStreamProviderProps {
  /** `ws://localhost:3112`. Another address is another client; a function is asked before every connection and should be stable. */
  readonly address: Address;
  readonly protocols?: StreamOptions['protocols'];
  /** A client that the program made itself, and closes itself; wins over `address`. */
  readonly client?: Stream;
  readonly children?: ReactNode;
}

/** Gives everything below it one client, and closes it when it is gone. */
export function MotiaStreamProvider({ address, protocols, client, children }: MotiaStreamProviderProps): ReactElement {
  // A list written in place is a new one each time; only another content is another client. Of functions the last one is asked.
  const key = typeof protocols === 'function' ? 'function' : (JSON.stringify(protocols) ?? '');
  const latest = useRef(protocols);
  latest.current = protocols;
  const [round, setRound] = useState(0);
  const own = useMemo(() => {
    const given = latest.current;
    if (client !== undefined) return undefined;
    return new Stream(address, given === undefined ? {} : { protocols: typeof given === 'function' ? () => credentialsOf(latest.current) : given });
  }, [address, key, client, round]);
  useEffect(() => {
    if (own === undefined) return undefined;
    if (!own.isClosed) return closing(own);
    // It was hidden, which ends effects, and is shown again, which keeps what was rendered.
    setRound((last) => last + 1);
    return undefined;
  }, [own]);
  return createElement(StreamContext.Provider, { value: client ?? own ?? null }, children);
}

function credentialsOf(protocols: StreamOptions['protocols']): readonly string[] | Promise<readonly string[]> {
  if (typeof protocols === 'function') return protocols();
  return typeof protocols === 'string' ? [protocols] : (protocols ?? []);
}

/** Clients are opened by their first subscription, and may be so again after the effects of a mount were run twice: only one that stays unmounted is closed. */
const closings = new WeakMap<Stream, { isWanted: boolean }>();
function closing(stream: Stream): () => void {
  const state = closings.get(stream) ?? { isWanted: true };
  closings.set(stream, state);
  state.isWanted = true;
  return () => {
    state.isWanted = false;
    queueMicrotask(() => {
      if (!state.isWanted) stream.close();
    });
  };
}

import { useCallback, useContext, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Stream } from '../stream.js';
import { StreamError } from '../stream-error.js';
import type { StreamSubscription } from '../subscriptions/subscription.js';
import type { SubscriptionStatus } from '../subscriptions/topic.js';
import { StreamContext } from './provider.js';

/** What events come from: the subscription behind a hook, null while there is none. */
export type StreamEventSource = Pick<StreamSubscription<unknown>, 'onEvent' | 'offEvent'> | null;

/** What a hook knows of what it follows. */
export interface StreamView<T> {
  readonly data: T;
  readonly status: SubscriptionStatus;
  /** Why the server refused it. */
  readonly error: StreamError | undefined;
  /** For `useStreamEventHandler`. */
  readonly event: StreamEventSource;
}

/** The client of the nearest provider. @throws StreamError outside of one */
export function useMotiaStream(): { readonly stream: Stream } {
  const stream = useContext(StreamContext);
  if (stream === null) throw new StreamError('MOTIA_STREAM_CLIENT_NO_PROVIDER', 'Put <MotiaStreamProvider address="ws://…"> around what uses streams.');
  return { stream };
}

/** Follows one item; `data` is null while there is none. An undefined part of the address follows nothing yet. */
export function useStreamItem<T = unknown>(target: { readonly streamName: string; readonly groupId: string | undefined; readonly id: string | undefined }): StreamView<T | null> {
  const { stream } = useMotiaStream();
  const { streamName, groupId, id } = target;
  const open = useCallback(
    () => (groupId === undefined || id === undefined || stream.isClosed ? null : (stream.subscribeItem(streamName, groupId, id) as StreamSubscription<T | null>)),
    [stream, streamName, groupId, id],
  );
  return useSubscription(open, null);
}

const nothing: readonly never[] = Object.freeze([]);

/** Follows a group: its items oldest first, or in the order of their member `sortKey`. An undefined group follows nothing yet. */
export function useStreamGroup<T = unknown>(target: { readonly streamName: string; readonly groupId: string | undefined; readonly sortKey?: string }): StreamView<readonly T[]> {
  const { stream } = useMotiaStream();
  const { streamName, groupId, sortKey } = target;
  const open = useCallback(
    () => (groupId === undefined || stream.isClosed ? null : (stream.subscribeGroup(streamName, groupId, sortKey) as StreamSubscription<readonly T[]>)),
    [stream, streamName, groupId, sortKey],
  );
  return useSubscription<readonly T[]>(open, nothing);
}

/** Calls `listener` with the data of every message of a type: `useStreamEventHandler({ event, type: 'typing', listener })`. */
export function useStreamEventHandler<D = unknown>(
  { event, type, listener }: { readonly event: StreamEventSource; readonly type: string; readonly listener: (data: D) => void },
  dependencies: readonly unknown[] = [],
): void {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    if (event === null) return undefined;
    const call = (data: unknown): void => latest.current(data as D);
    event.onEvent(type, call);
    return () => event.offEvent(type, call);
  }, [event, type, ...dependencies]);
}

function useSubscription<T>(open: () => StreamSubscription<T> | null, empty: T): StreamView<T> {
  const [opened, setOpened] = useState<{ readonly by: typeof open; readonly subscription: StreamSubscription<T> | null } | null>(null);
  useEffect(() => {
    const subscription = open();
    setOpened({ by: open, subscription });
    return () => {
      setOpened(null);
      subscription?.close();
    };
  }, [open]);
  // When something else is asked for, this renders once before the effect has opened it: what is there is another one's.
  const subscription = opened?.by === open ? opened.subscription : null;
  const subscribe = useCallback(
    (onChange: () => void) => {
      if (subscription === null) return () => undefined;
      subscription.addChangeListener(onChange);
      return () => subscription.removeChangeListener(onChange);
    },
    [subscription],
  );
  const view = useRef<StreamView<T> | undefined>(undefined);
  const read = (): StreamView<T> => {
    const data = subscription === null ? empty : subscription.getState();
    const status = subscription?.status ?? 'connecting';
    const error = subscription?.error;
    const last = view.current;
    if (last !== undefined && last.data === data && last.status === status && last.error === error && last.event === subscription) return last;
    view.current = { data, status, error, event: subscription };
    return view.current;
  };
  return useSyncExternalStore(subscribe, read, read);
}

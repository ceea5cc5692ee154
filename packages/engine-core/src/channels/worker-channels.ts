import { fromWireError, type ChannelCloseParams, type ChannelCreditParams, type ChannelOpenParams, type ChannelWriteParams, type MotiaError } from '@motia/protocol';
import { invocationErrors } from '../errors/invocation-errors.js';
import type { WorkerConnection } from '../workers/worker-connection.js';
import type { Channel, ReaderPort, WriterPort } from './channel.js';
import type { Channels } from './channel-hub.js';

/** The ends of channels that one worker has opened. */
export class WorkerChannels {
  readonly #worker: WorkerConnection;
  readonly #hub: Channels;
  readonly #writing = new Map<string, Channel>();
  readonly #reading = new Map<string, Channel>();

  constructor(worker: WorkerConnection, hub: Channels) {
    this.#worker = worker;
    this.#hub = hub;
    const { endpoint } = worker;
    endpoint.onRequest('channels/open', (params) => this.#open(params));
    endpoint.onNotification('channels/write', (params, raw) => this.#write(params, raw));
    endpoint.onNotification('channels/credit', (params) => this.#credit(params));
    endpoint.onNotification('channels/close', (params) => this.#close(params));
    void worker.closed.then(({ error }) => this.#leave(error));
  }

  #open(params: ChannelOpenParams): { creditBytes: number } {
    this.#worker.assertNotCallerOnly('channels/open');
    const channel = this.#hub.find(params);
    if (params.direction === 'write') {
      channel.attachWriter(this.#writerPort(channel));
      this.#writing.set(channel.id, channel);
    } else {
      channel.attachReader(this.#readerPort(channel));
      this.#reading.set(channel.id, channel);
      // What is held already is sent behind the answer to this request.
      setImmediate(() => channel.flow());
    }
    return { creditBytes: channel.windowBytes };
  }

  #writerPort({ id: channelId }: Channel): WriterPort {
    return {
      credit: (bytes) => this.#worker.endpoint.notify('channels/credit', { channelId, bytes }),
      ended: (error) => {
        this.#writing.delete(channelId);
        // A channel that ended well was ended by its writer, which knows.
        if (error !== undefined) this.#sayClosed(channelId, error);
      },
    };
  }

  #readerPort({ id: channelId }: Channel): ReaderPort {
    const { endpoint } = this.#worker;
    return {
      chunk(data, more) {
        if (typeof data === 'string') endpoint.notify('channels/write', more ? { channelId, text: data, more } : { channelId, text: data });
        else endpoint.notify('channels/write', { channelId }, data);
      },
      ended: (error) => {
        this.#reading.delete(channelId);
        this.#sayClosed(channelId, error);
      },
    };
  }

  #write({ channelId, text, base64, more }: ChannelWriteParams, raw: Uint8Array | undefined): void {
    const channel = this.#writing.get(channelId);
    if (channel === undefined) return;
    const data = raw ?? (typeof text === 'string' ? text : typeof base64 === 'string' ? Buffer.from(base64, 'base64') : undefined);
    if (data !== undefined) channel.write(data, more === true);
  }

  #credit({ channelId, bytes }: ChannelCreditParams): void {
    if (typeof bytes === 'number') this.#reading.get(channelId)?.credit(bytes);
  }

  #close({ channelId, error }: ChannelCloseParams): void {
    const reason = error === undefined ? undefined : fromWireError(error);
    const writing = this.#writing.get(channelId);
    if (writing !== undefined) {
      this.#writing.delete(channelId);
      writing.finish(reason);
      return;
    }
    const reading = this.#reading.get(channelId);
    this.#reading.delete(channelId);
    reading?.cancel(reason);
  }

  #leave(error: MotiaError | undefined): void {
    const gone = error ?? invocationErrors.WORKER_DISCONNECTED({ worker: this.#worker.label, reason: 'it left' });
    for (const channel of [...this.#writing.values()]) channel.finish(gone);
    for (const channel of [...this.#reading.values()]) channel.cancel(gone);
    this.#writing.clear();
    this.#reading.clear();
    this.#hub.onWorkerLeft(this.#worker.id);
  }

  #sayClosed(channelId: string, error: MotiaError | undefined): void {
    this.#worker.endpoint.notify('channels/close', error === undefined ? { channelId } : { channelId, error: error.toWire() });
  }
}

import { fromWireError, readChannelData, type ChannelCloseParams, type ChannelCreditParams, type ChannelOpenParams, type ChannelWriteParams, type MotiaError } from '@motia/protocol';
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
        if (error !== undefined) this.#sayClosed(channelId, 'read', error);
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
        this.#sayClosed(channelId, 'write', error);
      },
    };
  }

  #write(params: ChannelWriteParams, raw: Uint8Array | undefined): void {
    const channel = this.#writing.get(params.channelId);
    const data = channel === undefined ? undefined : readChannelData(params, raw);
    if (data !== undefined) channel?.write(data, params.more === true);
  }

  #credit({ channelId, bytes }: ChannelCreditParams): void {
    if (typeof bytes === 'number') this.#reading.get(channelId)?.credit(bytes);
  }

  /** Without a direction both ends that the worker holds are meant. */
  #close({ channelId, error, direction }: ChannelCloseParams): void {
    const reason = error === undefined ? undefined : fromWireError(error);
    if (direction !== 'read') {
      const writing = this.#writing.get(channelId);
      this.#writing.delete(channelId);
      writing?.finish(reason);
    }
    if (direction !== 'write') {
      const reading = this.#reading.get(channelId);
      this.#reading.delete(channelId);
      reading?.cancel(reason);
    }
  }

  #leave(error: MotiaError | undefined): void {
    const gone = error ?? invocationErrors.WORKER_DISCONNECTED({ worker: this.#worker.label, reason: 'it left' });
    for (const channel of [...this.#writing.values()]) channel.finish(gone);
    for (const channel of [...this.#reading.values()]) channel.cancel(gone);
    this.#writing.clear();
    this.#reading.clear();
    this.#hub.onWorkerLeft(this.#worker.id);
  }

  /** `direction`: the end that closed. */
  #sayClosed(channelId: string, direction: 'read' | 'write', error: MotiaError | undefined): void {
    this.#worker.endpoint.notify('channels/close', error === undefined ? { channelId, direction } : { channelId, direction, error: error.toWire() });
  }
}

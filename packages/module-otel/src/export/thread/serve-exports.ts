import type { MessagePort } from 'node:worker_threads';
import { systemClock } from '@motia/engine-core';
import { isMotiaError, messageOf, type WireError } from '@motia/engine-core/contract';
import { otelErrors } from '../../errors.js';
import { decodeSpans } from '../../record/span-decoder.js';
import type { ExportOutcome, TelemetryExporter } from '../exporter-slot.js';
import type { OtlpOptions } from '../otlp-options.js';
import { openSender } from '../otlp-sender.js';
import type { FromExporter, SentBatch, SentRecords, ToExporter } from './messages.js';

/** The life of the exporting thread: opens its connections, sends what comes, ends when told to. */
export async function serveExports(port: MessagePort, options: OtlpOptions): Promise<void> {
  const answer = (message: FromExporter): void => port.postMessage(message);
  const running = new Map<number, AbortController>();
  const texts: string[] = [];
  let sender: Awaited<ReturnType<typeof openSender>>;
  try {
    sender = await openSender(options, systemClock);
  } catch (error) {
    answer({ type: 'refused', error: wireOf(error, options) });
    return port.close();
  }

  const send = async (id: number, sent: SentBatch): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      answer({ type: 'sent', id, outcome: await sendBatch(sender.exporter, sent, texts, controller.signal) });
    } catch (error) {
      answer({ type: 'failed', id, error: wireOf(error, options) });
    } finally {
      running.delete(id);
    }
  };

  port.on('message', (message: ToExporter) => {
    switch (message.type) {
      case 'send':
        return void send(message.id, message);
      case 'cancel':
        return running.get(message.id)?.abort();
      case 'close':
        return void sender.close().finally(() => port.close());
    }
  });
  answer({ type: 'ready' });
}

function sendBatch(exporter: TelemetryExporter, sent: SentBatch, texts: string[], signal: AbortSignal): Promise<ExportOutcome> {
  switch (sent.signal) {
    case 'records':
      return exporter.traces({ items: spansOf(sent.batch, texts), resource: sent.batch.resource }, signal);
    case 'traces':
      return exporter.traces(sent.batch, signal);
    case 'logs':
      return exporter.logs(sent.batch, signal);
    case 'metrics':
      return exporter.metrics(sent.batch, signal);
  }
}

function spansOf({ pieces, strings: { first, texts: added } }: SentRecords, texts: string[]): ReturnType<typeof decodeSpans> {
  added.forEach((text, index) => (texts[first + index] = text));
  return decodeSpans(pieces, { at: (number) => texts[number] ?? '' });
}

function wireOf(error: unknown, { endpoint }: OtlpOptions): WireError {
  if (isMotiaError(error)) return { ...error.toWire() };
  return { ...otelErrors.EXPORT_FAILED({ endpoint: new URL(endpoint).host, reason: messageOf(error), isRetryable: false }).toWire() };
}

import { nearestNames } from '@motia/engine-core';
import { messageOf, type Clock, type FunctionRegistry, type Logger } from '@motia/engine-core/contract';
import { otelErrors } from '../errors.js';
import type { Metrics } from '../metrics/metrics.js';
import { alertTrigger, metricAliases } from '../metrics/metric-names.js';
import { statisticOf } from '../metrics/metric-series.js';
import type { AlertOptions } from '../options.js';
import { callWebhook, type WebhookOptions } from './webhook.js';

type Action = { readonly type: 'log' } | { readonly type: 'webhook'; readonly url: string } | { readonly type: 'function'; readonly path: string };

/** What receivers of an alert get. */
export interface AlertEvent {
  readonly alert: string;
  readonly metric: string;
  readonly value: number;
  readonly threshold: number;
  readonly operator: string;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

interface Watch {
  readonly options: AlertOptions;
  readonly action: Action;
  value: number | undefined;
  isFiring: boolean;
  checkedAtMs: number | undefined;
  firedAtMs: number | undefined;
  fired: number;
  lastError: string | undefined;
}

export interface AlertsParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly functions: FunctionRegistry;
  readonly metrics: Metrics;
  readonly webhook: Omit<WebhookOptions, 'clock' | 'signal'>;
}

/** How long a function that an alert calls may take. */
const functionTimeoutMs = 30_000;

/** Compares metrics with thresholds. What an alert does is not waited for, and its failure is only told. */
export class Alerts {
  readonly #parts: AlertsParts;
  readonly #watches: readonly Watch[];
  readonly #ending = new AbortController();

  constructor(options: readonly AlertOptions[], parts: AlertsParts) {
    this.#parts = parts;
    this.#watches = options.map((each) => ({ options: each, action: actionOf(each), value: undefined, isFiring: false, checkedAtMs: undefined, firedAtMs: undefined, fired: 0, lastError: undefined }));
  }

  get size(): number {
    return this.#watches.length;
  }

  /** Looks at every alert that is on. @returns those that are over their threshold now */
  evaluate(): readonly AlertEvent[] {
    const nowMs = this.#parts.clock.now();
    return this.#watches.flatMap((watch) => {
      if (!watch.options.enabled) return [];
      const event = this.#look(watch, nowMs);
      return event === undefined ? [] : [event];
    });
  }

  /** Calls off what is on its way. */
  stop(): void {
    this.#ending.abort();
  }

  list(): readonly Readonly<Record<string, unknown>>[] {
    return this.#watches.map(({ options, action, value, isFiring, checkedAtMs, firedAtMs, fired, lastError }) => ({
      name: options.name, metric: options.metric, threshold: options.threshold, operator: options.operator, window_seconds: options.window_seconds, cooldown_seconds: options.cooldown_seconds,
      enabled: options.enabled,
      // Addresses of webhooks are secrets by themselves.
      action: action.type === 'webhook' ? { type: 'webhook', host: new URL(action.url).host } : action,
      value: value ?? null, firing: isFiring, last_checked: checkedAtMs ?? null, last_triggered: firedAtMs ?? null, times_triggered: fired,
      ...(lastError === undefined ? {} : { last_error: lastError }),
    }));
  }

  /** Alerts that can never fire because nobody measures what they watch. */
  unknown(): readonly string[] {
    const names = this.#parts.metrics.names();
    return this.#watches
      .filter(({ options }) => options.enabled && metricAliases[options.metric] === undefined && !names.includes(options.metric))
      .map(({ options: { name, metric } }) => otelErrors.ALERT_UNKNOWN_METRIC({ alert: name, metric, nearest: nearestNames(metric, [...names], 3) }).message);
  }

  #look(watch: Watch, nowMs: number): AlertEvent | undefined {
    const { name, metric, threshold, operator, window_seconds: windowSeconds, cooldown_seconds: cooldownSeconds, statistic } = watch.options;
    const summary = this.#parts.metrics.over(metric, windowSeconds * 1000);
    // Nothing happened: a counter grew by nothing; of a gauge or a duration nothing is known, and nothing is no reason to wake somebody.
    const value = summary !== undefined ? statisticOf(summary, statistic) : this.#parts.metrics.isCounter(metric) ? 0 : undefined;
    watch.value = value;
    watch.checkedAtMs = nowMs;
    watch.isFiring = value !== undefined && compare(value, operator, threshold);
    if (value === undefined || !watch.isFiring) return undefined;
    const event: AlertEvent = { alert: name, metric, value, threshold, operator, timestamp: nowMs };
    if (watch.firedAtMs !== undefined && nowMs >= watch.firedAtMs && nowMs - watch.firedAtMs < cooldownSeconds * 1000) return event;
    watch.firedAtMs = nowMs;
    watch.fired += 1;
    void this.#act(watch, event);
    return event;
  }

  async #act(watch: Watch, event: AlertEvent): Promise<void> {
    const { logger, functions, clock, webhook } = this.#parts;
    const { action } = watch;
    try {
      if (action.type === 'log') logger.warn(`Alert ${event.alert}: ${event.metric} is ${String(event.value)} (${event.operator} ${String(event.threshold)})`, { ...event });
      else if (action.type === 'webhook') await callWebhook(action.url, event, { ...webhook, clock, signal: this.#ending.signal });
      else await functions.invoke(action.path, event, { timeoutMs: functionTimeoutMs, signal: this.#ending.signal, trigger: { id: `alert:${event.alert}`, type: alertTrigger } });
      watch.lastError = undefined;
    } catch (error) {
      watch.lastError = messageOf(error);
      logger.error(`Alert ${event.alert} could not be told`, { ...event, action: action.type, reason: watch.lastError });
    }
  }
}

function actionOf({ action, webhook_url: url, function_id: functionId }: AlertOptions): Action {
  if (typeof action === 'object') return action;
  if (action === 'webhook' && url !== undefined) return { type: 'webhook', url };
  if (action === 'function' && functionId !== undefined) return { type: 'function', path: functionId };
  return { type: 'log' };
}

function compare(value: number, operator: AlertOptions['operator'], threshold: number): boolean {
  switch (operator) {
    case '>': return value > threshold;
    case '>=': return value >= threshold;
    case '<': return value < threshold;
    case '<=': return value <= threshold;
    case '==': return value === threshold;
    case '!=': return value !== threshold;
  }
}

import type { CronTrigger, OneOffTrigger } from './cron-trigger.js';
import type { ApiTrigger, HttpMiddlewareTrigger, LogTrigger, QueueTrigger, StateTrigger, Step, StreamTrigger, SubscribeTrigger, TriggerConfig } from './step-config.js';

export const isApiTrigger = (trigger: TriggerConfig): trigger is ApiTrigger => trigger.type === 'http' || trigger.type === 'api';
export const isHttpTrigger = isApiTrigger;
export const isQueueTrigger = (trigger: TriggerConfig): trigger is QueueTrigger => trigger.type === 'queue';
export const isCronTrigger = (trigger: TriggerConfig): trigger is CronTrigger | OneOffTrigger => trigger.type === 'cron';
export const isStateTrigger = (trigger: TriggerConfig): trigger is StateTrigger => trigger.type === 'state';
export const isStreamTrigger = (trigger: TriggerConfig): trigger is StreamTrigger => trigger.type === 'stream';
export const isSubscribeTrigger = (trigger: TriggerConfig): trigger is SubscribeTrigger => trigger.type === 'subscribe';
export const isLogTrigger = (trigger: TriggerConfig): trigger is LogTrigger => trigger.type === 'log';
export const isHttpMiddlewareTrigger = (trigger: TriggerConfig): trigger is HttpMiddlewareTrigger => trigger.type === 'http_middleware';

export const getApiTriggers = (step: Step): ApiTrigger[] => step.config.triggers.filter(isApiTrigger);
export const getHttpTriggers = getApiTriggers;
export const getQueueTriggers = (step: Step): QueueTrigger[] => step.config.triggers.filter(isQueueTrigger);
export const getCronTriggers = (step: Step): (CronTrigger | OneOffTrigger)[] => step.config.triggers.filter(isCronTrigger);
export const getStateTriggers = (step: Step): StateTrigger[] => step.config.triggers.filter(isStateTrigger);
export const getStreamTriggers = (step: Step): StreamTrigger[] => step.config.triggers.filter(isStreamTrigger);
export const getSubscribeTriggers = (step: Step): SubscribeTrigger[] => step.config.triggers.filter(isSubscribeTrigger);
export const getLogTriggers = (step: Step): LogTrigger[] => step.config.triggers.filter(isLogTrigger);

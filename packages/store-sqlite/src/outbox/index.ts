export { addDueCalls } from './add-due-calls.js';
export type { DueChange, DueTrigger } from './add-due-calls.js';
export { maxFailureRetries, maxLosses } from './delivery-policy.js';
export type { ClaimAnswer, ClaimedCall, ClaimTerms, DueCalls, DueSubscription, LostCall } from './due-calls.js';
export { openDueCalls } from './open-due-calls.js';
export type { OpenDueCallsOptions } from './open-due-calls.js';
export { storeProgram } from './outbox-program.js';
export { TriggerDelivery } from './trigger-delivery.js';
export type { TriggerDeliveryParts } from './trigger-delivery.js';

export { Stream } from './stream.js';
export type { StreamData, StreamName, StreamOptions } from './stream.js';
export type { ChangeListener, EventListener, StreamSubscription } from './subscriptions/subscription.js';
export type { SubscriptionStatus } from './subscriptions/topic.js';
export { StreamError } from './stream-error.js';
export { globalPlatform } from './platform/platform.js';
export type { OpenSocket, Platform, SocketLike } from './platform/platform.js';
export type { Address, Credentials } from './wire/connection.js';

export { createTestApp } from './create-test-app.js';
export type { TestApp, TestAppOptions } from './create-test-app.js';
export type { TestFaults, TestStep } from './test-process.js';
export type { TestCron, TestCronJob } from './test-cron.js';
export type { TestMessage, TestQueue, TestQueueChoice, TestQueueDepth } from './test-queue.js';
export type { TestEvent, TestHttp, TestRequest, TestResponse, TestStream } from './test-http.js';
export type { EngineTestKit, ManualTime, TestClock, TestEngine, TestLogRecord, TestModuleUse } from './test-engine.js';

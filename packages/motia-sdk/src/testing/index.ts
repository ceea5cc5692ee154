export { createTestApp } from './create-test-app.js';
export type { TestApp, TestAppOptions, TestFaults, TestStep } from './create-test-app.js';
export type { TestEvent, TestHttp, TestRequest, TestResponse, TestStream } from './test-http.js';
export type { EngineTestKit, TestClock, TestEngine, TestLogRecord, TestModuleUse } from './test-engine.js';

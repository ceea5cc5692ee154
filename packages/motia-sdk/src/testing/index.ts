export { createTestApp } from './create-test-app.js';
export type { TestApp, TestAppOptions, TestFaults, TestStep } from './create-test-app.js';
export type { TestHttp, TestRequest, TestResponse } from './test-http.js';
export type { EngineTestKit, TestClock, TestEngine, TestLogRecord, TestModuleUse } from './test-engine.js';

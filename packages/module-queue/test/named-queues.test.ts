import { describe, expect, it } from '@jest/globals';
import { connectTestWorker, ManualClock } from '@motia/engine-core/testing';
import { temporaryFolder } from '@motia/tools/testing';
import { codeOf, deferred, openQueue, openQueueOn } from './fixtures/open-queue.js';

describe('a named queue', () => {
  it('takes calls with action enqueue and answers with a receipt', async () => {
    await using test = await openQueue({ queue_configs: { reports: { concurrency: 1 } } });
    const seen: unknown[] = [];
    test.host.functions.register({ id: 'reports::render' }, (payload, { attempt, idempotencyKey }) => void seen.push([payload, attempt, idempotencyKey]));
    const { messageReceiptId } = (await test.host.functions.invoke('reports::render', { month: 1 }, { action: { type: 'enqueue', queue: 'reports' } })) as { messageReceiptId: string };
    await test.settle();
    expect(seen).toEqual([[{ month: 1 }, 1, `${messageReceiptId}:reports::render`]]);
    expect(await codeOf(test.host.functions.invoke('reports::render', {}, { action: { type: 'enqueue', queue: 'report' } }))).toBe('MOTIA_QUEUE_QUEUE_NOT_FOUND');
  });

  it('takes calls from workers, and the same idempotencyKey twice as one', async () => {
    await using test = await openQueue();
    const seen: unknown[] = [];
    await using worker = await connectTestWorker(test.host, { owner: 'app', heartbeatIntervalMs: 0, functions: { work: (payload) => void seen.push(payload) } });
    expect(await worker.invoke('work', { a: 1 }, { action: { type: 'enqueue', queue: 'default' } })).toEqual({ messageReceiptId: expect.any(String) });
    for (let time = 0; time < 2; time += 1) await test.host.functions.invoke('work', { a: 2 }, { action: { type: 'enqueue', queue: 'default' }, idempotencyKey: 'same' });
    await test.settle(40);
    expect(seen).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('Q10 an idempotencyKey belongs to the function that is called', async () => {
    await using test = await openQueue();
    const seen: string[] = [];
    for (const id of ['charge', 'ship']) test.host.functions.register({ id }, () => void seen.push(id));
    for (const id of ['charge', 'ship', 'ship']) await test.host.functions.invoke(id, { order: 1 }, { action: { type: 'enqueue', queue: 'default' }, idempotencyKey: 'order-1' });
    await test.settle();
    expect(seen.sort()).toEqual(['charge', 'ship']);
  });

  it('that left the config takes nothing any more, and keeps what it holds until it is back', async () => {
    await using folder = temporaryFolder('named-queues');
    const adapter = { class: 'modules::queue::BuiltinQueueAdapter', config: { store_method: 'file_based', file_path: folder.path } };
    const seen: unknown[] = [];
    const messageId = await (async () => {
      await using test = await openQueueOn(new ManualClock(), { adapter, queue_configs: { emails: {} } });
      const { messageReceiptId } = (await test.invoke('enqueue', { queue: 'emails', function_id: 'send', data: 1 })) as { messageReceiptId: string };
      return `${messageReceiptId}:send`;
    })();
    {
      await using test = await openQueueOn(new ManualClock(), { adapter });
      test.host.functions.register({ id: 'send' }, (data) => void seen.push(data));
      await expect(test.invoke('enqueue', { queue: 'emails', function_id: 'send', data: 2 })).rejects.toMatchObject({ code: 'MOTIA_QUEUE_QUEUE_NOT_FOUND', details: { nearest: [] } });
      expect(await codeOf(test.enqueue('emails', 2))).toBe('MOTIA_QUEUE_QUEUE_NOT_FOUND');
      expect(test.host.logs.find('A queue that is not in queue_configs any more holds messages; they wait until it is declared again, or are cancelled')).toMatchObject({ fields: { queue: 'emails', messages: 1 } });
      expect(await test.invoke('queue::explain', { messageId })).toMatchObject({ reason: 'no_queue' });
      await test.settle();
      expect(seen).toEqual([]);
    }
    await using test = await openQueueOn(new ManualClock(), { adapter, queue_configs: { emails: {} } });
    test.host.functions.register({ id: 'send' }, (data) => void seen.push(data));
    await test.invoke('enqueue', { queue: 'emails', function_id: 'send', data: 3 });
    await test.settle();
    expect(seen).toEqual([1, 3]);
  });

  it('shares its places among functions, and retries each as the queue says', async () => {
    await using test = await openQueue({ queue_configs: { work: { concurrency: 2, max_retries: 1, backoff_type: 'fixed', backoff_ms: 1_000 } } });
    const gate = deferred();
    const seen: string[] = [];
    for (const id of ['a', 'b', 'c']) {
      test.host.functions.register({ id }, async () => {
        seen.push(id);
        await gate.promise;
        if (id === 'b') throw new Error('no');
      });
    }
    for (const functionId of ['a', 'b', 'c']) await test.service.enqueue({ queue: 'work', functionId, data: 1 });
    await test.settle();
    expect(seen).toEqual(['a', 'b']);
    gate.resolve();
    await test.settle();
    expect(seen).toEqual(['a', 'b', 'c']);
    await test.clock.advance(1_000);
    expect(seen).toEqual(['a', 'b', 'c', 'b']);
    await test.clock.advance('1h');
    expect(seen).toHaveLength(4);
    expect((await test.invoke('queue::dead_letters', { queue: 'work', functionId: 'b' })) as object).toMatchObject({ messages: [{ functionId: 'b', attempts: 2 }] });
  });

  it('a function that nobody serves holds up no other', async () => {
    await using test = await openQueue();
    const seen: unknown[] = [];
    test.host.functions.register({ id: 'there' }, (payload) => void seen.push(payload));
    for (let id = 0; id < 20; id += 1) await test.service.enqueue({ queue: 'default', functionId: 'absent', data: id });
    await test.service.enqueue({ queue: 'default', functionId: 'there', data: 'mine' });
    await test.settle();
    expect(seen).toEqual(['mine']);
    test.host.functions.register({ id: 'absent' }, (payload) => void seen.push(payload));
    await test.settle();
    expect(seen).toHaveLength(21);
  });

  it('Q8 keeps the order of a group across functions', async () => {
    await using test = await openQueue({ queue_configs: { steps: { type: 'fifo', message_group_field: 'order' } } });
    const seen: string[] = [];
    const gates = new Map(['first', 'second', 'third'].map((id) => [id, deferred()]));
    for (const [id, gate] of gates) {
      test.host.functions.register({ id }, async () => {
        seen.push(id);
        await gate.promise;
      });
    }
    for (const functionId of gates.keys()) await test.host.functions.invoke(functionId, { order: 7 }, { action: { type: 'enqueue', queue: 'steps' } });
    for (const expected of gates.keys()) {
      await test.settle();
      expect(seen.at(-1)).toBe(expected);
      gates.get(expected)?.resolve();
    }
    expect(seen).toEqual(['first', 'second', 'third']);
    expect(await codeOf(test.host.functions.invoke('first', {}, { action: { type: 'enqueue', queue: 'steps' } }))).toBe('MOTIA_QUEUE_GROUP_REQUIRED');
  });
});

describe('calls of other modules', () => {
  it('enqueueCall keeps a result, and status and ended tell it', async () => {
    await using test = await openQueue();
    const gate = deferred<object>();
    test.host.functions.register({ id: 'f' }, () => gate.promise);
    const { messageId, messageReceiptId } = await test.service.enqueueCall({ functionId: 'f', payload: { a: 1 }, keepResult: true });
    expect(messageId).toBe(`${messageReceiptId}:f`);
    await test.settle();
    expect(await test.service.status(messageId)).toEqual({ messageId, state: 'running', attempts: 1 });
    const ended = test.service.ended(messageId);
    gate.resolve({ answer: 42 });
    expect(await ended).toEqual({ messageId, state: 'completed', attempts: 1, result: { answer: 42 } });
    await test.clock.advance('23h');
    expect(await test.service.status(messageId)).toMatchObject({ state: 'completed', result: { answer: 42 } });
    await test.clock.advance('2h');
    expect(await test.service.status(messageId)).toEqual({ messageId, state: 'unknown', attempts: 0 });
    expect(await test.service.ended('never')).toEqual({ messageId: 'never', state: 'unknown', attempts: 0 });
  });

  it('the same messageId is one message, also after it has ended', async () => {
    await using test = await openQueue();
    const seen: unknown[] = [];
    test.host.functions.register({ id: 'f' }, (_payload, { idempotencyKey }) => void seen.push(idempotencyKey));
    const call = { functionId: 'f', payload: null, messageId: 'cron:job@12:00' };
    expect(await test.service.enqueueCall(call)).toEqual({ messageReceiptId: 'cron:job@12:00', messageId: 'cron:job@12:00' });
    await test.settle();
    expect(await test.service.enqueueCall(call)).toMatchObject({ deduplicated: true });
    await test.settle();
    expect(seen).toEqual(['cron:job@12:00']);
  });

  it('ended tells of failures and cancellations, and gives what is known when its signal aborts', async () => {
    await using test = await openQueue({ queue_configs: { once: { max_retries: 0 } } });
    test.host.functions.register({ id: 'fails' }, () => Promise.reject(new Error('no luck')));
    test.host.functions.register({ id: 'hangs' }, () => new Promise(() => undefined));
    const failing = await test.service.enqueueCall({ functionId: 'fails', payload: 1, queue: 'once' });
    expect(await test.service.ended(failing.messageId)).toMatchObject({ state: 'dead', error: { message: expect.stringContaining('no luck') } });
    const hanging = await test.service.enqueueCall({ functionId: 'hangs', payload: 1 });
    const patience = new AbortController();
    const impatient = test.service.ended(hanging.messageId, patience.signal);
    const waiting = test.service.ended(hanging.messageId);
    await test.settle();
    patience.abort();
    expect(await impatient).toMatchObject({ state: 'running' });
    await test.invoke('queue::cancel', { messageId: hanging.messageId });
    expect(await waiting).toMatchObject({ state: 'cancelled' });
  });

  it('a call may have its own time, and a result that is too large is not kept', async () => {
    await using test = await openQueue({ max_payload_bytes: 100, queue_configs: { default: { max_retries: 0 } } });
    test.host.functions.register({ id: 'hangs' }, () => new Promise(() => undefined));
    test.host.functions.register({ id: 'talks' }, () => 'x'.repeat(200));
    const hanging = await test.service.enqueueCall({ functionId: 'hangs', payload: 1, timeoutMs: 1_000 });
    const talking = await test.service.enqueueCall({ functionId: 'talks', payload: 1, keepResult: true });
    await test.clock.advance('2s');
    expect(await test.service.status(hanging.messageId)).toMatchObject({ state: 'dead', error: { code: 'MOTIA_ENGINE_DEADLINE_EXCEEDED' } });
    expect(await test.service.status(talking.messageId)).toEqual({ messageId: talking.messageId, state: 'completed', attempts: 1 });
    expect(test.host.logs.records.some(({ fields }) => fields?.['code'] === 'MOTIA_QUEUE_RESULT_TOO_LARGE')).toBe(true);
  });

  it.each([
    ['a BigInt', () => 10n],
    ['a cycle', () => {
      const cycle: { self?: unknown } = {};
      cycle.self = cycle;
      return cycle;
    }],
    ['one that throws what cannot be read', () => ({ toJSON: () => { throw Object.create(null); } })],
  ])('a result that is no JSON (%s) is not kept: the call is done, and its place is free', async (_what, answer) => {
    await using test = await openQueue({ queue_configs: { default: { concurrency: 1 } } });
    test.host.functions.register({ id: 'counts' }, answer);
    const calls = await Promise.all([1, 2].map((payload) => test.service.enqueueCall({ functionId: 'counts', payload, keepResult: true })));
    await test.settle(30);
    for (const { messageId } of calls) expect(await test.service.status(messageId)).toEqual({ messageId, state: 'completed', attempts: 1 });
    expect(test.host.logs.records.filter(({ fields }) => fields?.['code'] === 'MOTIA_QUEUE_RESULT_NOT_SERIALIZABLE')).toHaveLength(2);
  });
});

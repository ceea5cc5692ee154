import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { storeErrors } from '../errors.js';
import { openWritable } from '../sql/connection.js';
import { ownProgram } from '../store-program.js';
import { BatchRunner, type Runnable } from '../writer/batch-runner.js';
import { importProgram, NotImportable } from './import-program.js';
import { sendError, sendOutcome, type FromThread, type ProgramSource, type SentOutcome, type ThreadData, type ToThread } from './messages.js';
import { messageOf } from '../sql/sqlite-errors.js';

/** The life of the writer's thread: opens its connection, commits what comes, closes when told to. */
export function serveWrites(port: MessagePort, { file, durability, engineId, fencingToken, isShared, limits }: ThreadData): void {
  const send = (message: FromThread): void => port.postMessage(message);
  const runner = new BatchRunner({ db: openWritable({ file, durability, limits }), file, engineId, fencingToken, isShared });
  runner.open(ownProgram);
  const queue: Runnable[] = [];
  let isClosing = false;

  const take = (message: ToThread): void => {
    switch (message.type) {
      case 'write':
        for (const commands of message.units) queue.push({ commands });
        return;
      case 'open':
        void open(message.id, message.program);
        return;
      case 'sync':
        return runner.syncEveryCommit();
      case 'look':
        if (runner.hasForeignCommits()) send({ type: 'foreignCommit' });
        return;
      case 'close':
        isClosing = true;
        return;
    }
  };

  const open = async (id: number, program: ProgramSource): Promise<void> => {
    try {
      runner.open(await importProgram(program));
      send({ type: 'opened', id });
    } catch (error) {
      send({ type: 'opened', id, problem: error instanceof NotImportable ? { notImportable: error.message } : { error: sendError(error) } });
    }
  };

  port.on('message', (message: ToThread) => {
    take(message);
    while (queue.length > 0) {
      // What came in during the last commit goes into the next one.
      for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port)) take(more.message as ToThread);
      const { outcomes, failure, ...report } = runner.run(queue);
      sendDone(send, { type: 'done', outcomes: outcomes.map(({ outcome }) => sendOutcome(outcome)), ...report, ...(failure === undefined ? {} : { failure: sendError(failure) }) });
    }
    if (!isClosing) return;
    runner.close();
    send({ type: 'closed' });
    port.close();
  });
  send({ type: 'ready' });
}

/** An answer that cannot be cloned fails its own command, although that is committed: the fault is the program's. */
function sendDone(send: (message: FromThread) => void, message: Extract<FromThread, { readonly type: 'done' }>): void {
  try {
    send(message);
  } catch {
    send({ ...message, outcomes: message.outcomes.map(sendable) });
  }
}

function sendable(outcome: SentOutcome): SentOutcome {
  try {
    structuredClone(outcome);
    return outcome;
  } catch (error) {
    const reason = messageOf(error);
    if ('error' in outcome) return { ...outcome, error: { ...outcome.error, details: { reason: `the details of the error cannot be sent: ${reason}` } } };
    return { error: sendError(storeErrors.VALUE_INVALID({ problem: `the change was made, and its answer cannot be sent to the engine: ${reason}` })), failedAt: 0 };
  }
}

import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { messageOf, MotiaError } from '@motia/engine-core/contract';
import { storeErrors } from '../errors.js';
import { openWritable } from '../sql/connection.js';
import { ownProgram } from '../store-program.js';
import { BatchRunner, type Batch } from '../writer/batch-runner.js';
import type { Runnable, UnitOutcome } from '../writer/unit.js';
import { importProgram, NotImportable } from './import-program.js';
import type { FromThread, ProgramSource, ThreadData, ToThread } from './messages.js';
import { unpackCommands } from './packed-commands.js';
import { packOutcomes } from './packed-outcomes.js';
import { sendError } from './sent-error.js';

/** The life of the writer's thread: opens its connection, commits what comes, closes when told to. */
export function serveWrites(port: MessagePort, { file, durability, engineId, fencingToken, isShared, limits }: ThreadData): void {
  const send = (message: FromThread): void => port.postMessage(message);
  const runner = new BatchRunner({ db: openWritable({ file, durability, limits }), file, engineId, fencingToken, isShared });
  runner.open(ownProgram);
  const queue: Runnable[] = [];
  /** Came in during a batch, and is not to be done before that is committed. */
  let held: ToThread | undefined;
  /** The turn that the last commands came from has more of them. */
  let goesOn = false;
  let isClosing = false;

  const take = (message: ToThread): void => {
    switch (message.type) {
      case 'write':
        for (const unit of unpackCommands(message.commands)) queue.push(unit);
        goesOn = message.goesOn;
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

  const next = (): ToThread | undefined => receiveMessageOnPort(port)?.message as ToThread | undefined;

  /**
   * The rest of a turn belongs to the commit of its beginning, if it is there in time. What another turn brought waits for the next commit: the engine has work meanwhile with
   * the answers of this one.
   */
  const takeRest = (): void => {
    while (goesOn && held === undefined) {
      const message = next();
      if (message === undefined) return;
      if (message.type === 'write') take(message);
      else held = message;
    }
  };

  const takeAll = (): void => {
    for (let message = held ?? next(); message !== undefined; message = next()) {
      held = undefined;
      take(message);
    }
  };

  port.on('message', (message: ToThread) => {
    take(message);
    while (queue.length > 0) {
      sendDone(send, runner.run(queue, takeRest));
      takeAll();
    }
    if (!isClosing) return;
    runner.close();
    send({ type: 'closed' });
    port.close();
  });
  send({ type: 'ready' });
}

/** An answer that cannot be cloned fails its own command, although that is committed: the fault is the program's. */
function sendDone(send: (message: FromThread) => void, { units, outcomes, report: { failure, ...report } }: Batch<Runnable>): void {
  const rest = { report, ...(failure === undefined ? {} : { failure: sendError(failure) }) };
  try {
    send({ type: 'done', outcomes: packOutcomes(units, outcomes), ...rest });
  } catch {
    send({ type: 'done', outcomes: packOutcomes(units, outcomes.map(sendable)), ...rest });
  }
}

function sendable(outcome: UnitOutcome): UnitOutcome {
  try {
    structuredClone('error' in outcome ? outcome.error.details : outcome.values);
    return outcome;
  } catch (error) {
    const reason = messageOf(error);
    if ('error' in outcome) return { ...outcome, error: new MotiaError({ ...outcome.error.toWire(), details: { reason: `the details of the error cannot be sent: ${reason}` } }) };
    return { error: storeErrors.VALUE_INVALID({ problem: `the change was made, and its answer cannot be sent to the engine: ${reason}` }), failedAt: 0 };
  }
}

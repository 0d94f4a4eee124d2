// A thread of the pool: it does one task after the other. A task receives bytes and settings, and returns bytes and counts. It opens nothing
// except a tokenizer's vocabulary and reads no clock, so its result depends on its input alone.

import { parentPort } from 'node:worker_threads';
import { BufferStock } from './buffer-stock.ts';
import { describeFailure, listBuffers, type ReplyMessage, type TaskMessage, type ThreadMessage } from './messages.ts';
import { runTask } from './tasks.ts';

const stock = new BufferStock();

const began: ThreadMessage = { kind: 'began' };

parentPort?.on('message', async (message: TaskMessage) => {
  parentPort?.postMessage(began);
  for (const buffer of message.spare) stock.give(buffer);
  const reply = await answer(message);
  const moved = reply.kind === 'done' ? listBuffers(reply.output) : [];
  const spare = reply.spare.filter((buffer) => !moved.includes(buffer));
  parentPort?.postMessage({ ...reply, spare }, [...moved, ...spare]);
});

parentPort?.on('messageerror', (error: Error) => {
  const failure = describeFailure(new Error(`a thread cannot read its task: ${error.message}`));
  const reply: ReplyMessage = { kind: 'failed', failure, spare: [] };
  parentPort?.postMessage(reply);
});

/** The buffers of the input go back, unless they are part of the output. */
async function answer({ name, input }: TaskMessage): Promise<ReplyMessage> {
  const spare = listBuffers(input);
  try {
    return { kind: 'done', output: await runTask(name, input, stock), spare };
  } catch (error) {
    return { kind: 'failed', failure: describeFailure(error), spare };
  }
}

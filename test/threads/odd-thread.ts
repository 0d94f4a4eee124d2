// A thread of the pool that takes orders, in place of a task's settings, to end or to misbehave. It does other tasks as usual.

import { parentPort } from 'node:worker_threads';
import { BufferStock } from '../../threads/buffer-stock.ts';
import type { TaskMessage, ThreadMessage } from '../../threads/messages.ts';
import { runTask } from '../../threads/tasks.ts';
import '../../threads/thread.ts';

if (parentPort === null) throw new Error('it is not a thread');
const port = parentPort;
const stock = new BufferStock();
const send = (message: ThreadMessage): void => port.postMessage(message);

const orders: Readonly<Record<string, () => void>> = {
  exit: () => process.exit(7),
  throw: () => {
    throw new Error('an error of the program');
  },
  hang: () => undefined,
  'throw when it is done': () => {
    send({ kind: 'done', output: {}, spare: [] });
    setImmediate(() => orders.throw?.());
  },
};

// Everything else stays as it is in a usual thread.
port.removeAllListeners('message');
port.on('message', async ({ name, input }: TaskMessage & { readonly input: { readonly settings?: string } }) => {
  const { settings = '' } = input;
  if (settings === 'exit before it begins') process.exit(7);
  if (settings === 'do not read it') {
    port.emit('messageerror', new Error('it has another form'));
    return;
  }
  send({ kind: 'began' });
  const order = orders[settings];
  if (order === undefined) {
    send({ kind: 'done', output: await runTask(name, input, stock), spare: [] });
  } else {
    order();
  }
});

// Runs one command of the command line, and turns a failure into a message and an exit code.

import type { Nightshift } from '../nightshift.ts';
import { environment, surroundings } from '../surroundings.ts';
import { joinDevStack } from './dev-stack.ts';
import { exitCodes } from './exit-codes.ts';
import { describeFailure } from './failures.ts';
import { say } from './print.ts';
import { createProgram } from './program.ts';

/** For a server that is slow to answer, and for one that is not there. */
const serverWait = { waitMs: 3_000, absentMs: 800 };

let isOver = false;

// An error that nothing catches would be printed with its stack. After the end, the SDK may repeat a call that nobody waits for any more, and finds
// its connection closed: that changes nothing of what the command did.
process.on('uncaughtException', (error) => {
  if (isOver) return;
  say(describeFailure(error));
  process.exit(exitCodes.failed);
});

// The reader of a pipe may stop early, as `head` does. The command still runs to its end, for its exit code.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const connected: Nightshift[] = [];
// Loaded only by a command that needs a server: the libraries for it take longer to load than all the rest.
const jobs = async (): Promise<Nightshift> => {
  const { Nightshift } = await import('../nightshift.ts');
  const [made = await Nightshift.connect(serverWait)] = connected;
  if (connected.length === 0) connected.push(made);
  return made;
};

try {
  await joinDevStack(environment);
  await createProgram({ ...surroundings(), jobs }).parseAsync();
} catch (error) {
  say(describeFailure(error));
  process.exitCode ??= exitCodes.failed;
} finally {
  isOver = true;
  for (const each of connected) await each.close();
}

// Runs one command of the command line, and turns a failure into a message and an exit code.

import { surroundings } from '../connection.ts';
import { Nightshift } from '../nightshift.ts';
import { exitCodes } from './exit-codes.ts';
import { describeFailure } from './failures.ts';
import { createProgram } from './program.ts';

const connected: Nightshift[] = [];
const jobs = async (): Promise<Nightshift> => {
  const [made = await Nightshift.connect()] = connected;
  if (connected.length === 0) connected.push(made);
  return made;
};

try {
  await createProgram({ ...surroundings(), jobs }).parseAsync();
} catch (error) {
  console.error(describeFailure(error));
  process.exitCode ??= exitCodes.failed;
} finally {
  for (const each of connected) await each.close();
}

// Asks a person on a terminal a question with the answer yes or no.

import { createInterface } from 'node:readline';

interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** The end of the input (Ctrl-D) means no. Ctrl-C is not an answer. */
export function askPerson(
  question: string,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<'yes' | 'no' | 'interrupted'> {
  const terminal = createInterface({ input, output });
  return new Promise((resolve) => {
    const answer = (given: 'yes' | 'no' | 'interrupted'): void => {
      resolve(given);
      terminal.removeAllListeners('close');
      terminal.close();
    };
    // Nobody has ended the line of the question.
    const leave = (given: 'no' | 'interrupted'): void => {
      output.write('\n');
      answer(given);
    };
    terminal.once('SIGINT', () => leave('interrupted'));
    terminal.once('close', () => leave('no'));
    terminal.question(question, (text) => answer(/^y(es)?$/i.test(text.trim()) ? 'yes' : 'no'));
  });
}

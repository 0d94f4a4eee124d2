// The emulator as a program: prints one JSON line with its address once it is ready, stops cleanly on a signal.
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import { parseOptions } from './faults/options.ts';
import { type StartOptions, startEmulator } from './server/start.ts';

// Nearly everything allocated here dies young: growing nurseries would double the memory and save no time.
setFlagsFromString('--semi-space-growth-factor=1');

interface Given {
  port: string;
  host: string;
  options: string;
  data?: string;
  state?: string;
  gcs?: string;
  buckets?: string;
}

const command = new Command('emulator')
  .description(
    'A stand-in for the batch APIs of OpenAI, Anthropic, Bedrock, Gemini and Vertex AI, with switchable faults.',
  )
  .option('--port <number>', 'port to listen on, 0 for any free one', process.env.PORT ?? '0')
  .option('--host <address>', 'address to listen at; 0.0.0.0 for all of them', '127.0.0.1')
  .option('--options <json>', 'options as JSON, or @file to read them from a file', '{}')
  .option('--data <dir>', 'folder in which to make the temporary data folder')
  .option(
    '--state <dir>',
    'folder in which everything is kept, so that the next start with it continues; default: nothing is kept',
  )
  .option('--gcs <url>', 'the server of Google Cloud Storage that holds the buckets of Vertex AI')
  .option('--buckets <dir>', 'a folder that stands for a bucket: uris without a scheme are paths in it')
  .parse();

const { port, host, options, data, state, gcs, buckets } = command.opts<Given>();
const emulator = await startEmulator({
  ...readOptions(options),
  port: Number(port),
  host,
  ...(data === undefined ? {} : { dataDir: data }),
  ...(state === undefined ? {} : { stateDir: state }),
  ...(gcs === undefined ? {} : { gcsUrl: gcs }),
  ...(buckets === undefined ? {} : { bucketsDir: buckets }),
}).catch(endWith);
process.stdout.write(`${JSON.stringify({ url: emulator.url })}\n`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void emulator.close().then(() => process.exit(0)));
}

function readOptions(text: string): StartOptions {
  const given: unknown = JSON.parse(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text);
  return parseOptions(given);
}

/** A reason that a person can act on is one line; a mistake in the program itself keeps its stack. */
function endWith(error: unknown): never {
  const isExpected = error instanceof Error && error.name === 'Error';
  console.error(isExpected ? `emulator: ${error.message}` : error);
  process.exit(1);
}

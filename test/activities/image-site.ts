// Jobs that make images, and lines of output with images in them.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePng } from '../../emulator/openai/images.ts';
import type { Provider } from '../../providers/provider.ts';
import { type Folder, folderWith, makeRows, output, type SpecChange } from './plan/planning.ts';

export const imageJob: SpecChange = {
  endpoint: '/v1/images/generations',
  request: { model: 'priced', prompt: '{{ text }}' },
};

export const imageFolder = (rows: number, change: SpecChange = {}, provider?: Provider): Promise<Folder> =>
  folderWith(makeRows(rows), { ...imageJob, ...change }, provider);

export const imageLine = (customId: string, ...images: readonly Buffer[]): string => {
  const data = images.map((image) => ({ b64_json: image.toString('base64'), revised_prompt: 'revised' }));
  const usage = { input_tokens: 100, input_tokens_details: { image_tokens: 40 }, output_tokens: 10 };
  const body = { created: 1, output_format: 'png', data, usage };
  return JSON.stringify({ custom_id: customId, response: { status_code: 200, body }, error: null });
};

/** Jobs whose model may make an image next to its text. */
export const toolJob: SpecChange = {
  endpoint: '/v1/responses',
  request: { model: 'priced', input: 'Draw {{ text }}', tools: [{ type: 'image_generation' }] },
};

/** A line of such a job: a text, and an image for each of `images`. */
export const toolLine = (customId: string, text: string, ...images: readonly Buffer[]): string => {
  const calls = images.map((image) => ({ type: 'image_generation_call', result: image.toString('base64') }));
  const message = { type: 'message', content: [{ type: 'output_text', text }] };
  const body = { status: 'completed', output: [...calls, message], usage: { input_tokens: 100, output_tokens: 10 } };
  return JSON.stringify({ custom_id: customId, response: { status_code: 200, body }, error: null });
};

/** Another image for each number. */
export const png = (number: number, moreBytes = 0): Buffer => makePng(number, moreBytes);

export const reference = (customId: string, index: number, image: Buffer) => ({
  file: `files/${customId}-${index}.png`,
  mediaType: 'image/png',
  bytes: image.length,
});

export const readImage = ({ root }: Folder, name: string): Buffer => readFileSync(join(root, output, name));

/** Names of all files in `files/`, those included that are not whole. */
export function listImages({ root }: Folder): string[] {
  const folder = join(root, output, 'files');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

// Requests for images, and their answers: base64 is kept apart from what a result may hold.

import type { OutputLimit } from '../../../domain/money/output-limit.ts';
import type { Usage } from '../../../domain/outcome/usage.ts';
import { asJson, asObjects, asText, type Fields, isAbsent } from '../../json-fields.ts';
import { readLimit } from '../output-limit.ts';
import type { Answer } from './values.ts';

const generationsEndpoint = '/v1/images/generations';
const editsEndpoint = '/v1/images/edits';
export const imageEndpoints: readonly string[] = [generationsEndpoint, editsEndpoint];

/** Images of one request. */
const imagesMax = 10;

const urlProblem = 'response_format: must be `b64_json`, since the image behind a URL is soon deleted';

/** Finds only what is certainly refused, or whose answer would be lost. */
export function findImageProblems(fields: Fields, endpoint: string): string[] {
  const problems: string[] = [];
  const { prompt, n, response_format: format } = fields;
  if (isAbsent(prompt) || prompt === '') problems.push('prompt: missing or empty');
  if (endpoint === editsEndpoint && isAbsent(fields.images)) {
    problems.push('images: missing or empty; name each by `image_url` or `file_id`');
  }
  if (typeof n === 'number' && !(Number.isInteger(n) && n >= 1 && n <= imagesMax)) {
    problems.push(`n: must be a whole number from 1 to ${imagesMax}`);
  }
  if (format === 'url') problems.push(urlProblem);
  return problems;
}

/** An image's output tokens follow from its size and quality. */
export function imageLimit({ n }: Fields): OutputLimit {
  const answers = readLimit(n);
  if (answers === 'unread') return { field: null, tokens: 'unread', answers: 1 };
  return { field: null, tokens: 'unlimited', answers: answers === 'unlimited' ? 1 : Math.max(1, answers) };
}

/** An image that is only a URL stays one: nothing fetches it. */
export function imagesAnswer(body: Fields, usage: Usage): Answer {
  const entries = asObjects(body.data);
  const images = entries.map((each, entry) => ({ entry, base64: asText(each.b64_json), url: asText(each.url) }));
  const data = entries.map(({ b64_json: _, ...others }) => others);
  return {
    text: null,
    images,
    finish: 'stop',
    finishReason: null,
    usage,
    response: asJson({ ...body, data }),
  };
}

const leaveOutResult = ({ result: _, ...others }: Fields): Fields => others;
const isImageCall = ({ type }: Fields): boolean => type === 'image_generation_call';

/** Of an answer of the responses endpoint: the images that a tool has made, and the response without them. Null if there are none. */
export function takeToolImages(body: Fields): Pick<Answer, 'images' | 'response'> | null {
  const entries = asObjects(body.output);
  const images = entries.flatMap((each, entry) => {
    const base64 = isImageCall(each) ? asText(each.result) : null;
    return base64 === null ? [] : [{ entry, base64, url: null }];
  });
  if (images.length === 0) return null;
  const output = entries.map((each) => (isImageCall(each) ? leaveOutResult(each) : each));
  return { images, response: asJson({ ...body, output }) };
}

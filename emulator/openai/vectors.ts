// Embedding and moderation bodies: seeded numbers in the vendor's shapes, one per input.
import type { Item } from '../answers/answer.ts';
import { usageMember } from '../answers/usage.ts';
import type { Options } from '../faults/options.ts';
import { asList } from '../server/json.ts';
import { hashText, hex16 } from '../world/hash.ts';

const dimensionsDefault = 1536;
const categories = ['harassment', 'hate', 'illicit', 'self-harm', 'sexual', 'violence'];

export function embeddingsBody(item: Item, options: Options): string {
  const body = item.body();
  const dimensions = typeof body.dimensions === 'number' ? body.dimensions : dimensionsDefault;
  const data = listInputs(body.input).map((text, index) => {
    const vector = makeVector(text, dimensions);
    const embedding = body.encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding', index, embedding };
  });
  const usage = JSON.stringify({ prompt_tokens: item.tokens, total_tokens: item.tokens });
  const members = JSON.stringify({ object: 'list', data, model: item.model });
  return `${members.slice(0, -1)}${usageMember(item, options, usage)}}`;
}

export function moderationsBody(item: Item): string {
  const none = Object.fromEntries(categories.map((name) => [name, false]));
  const scores = Object.fromEntries(categories.map((name) => [name, 0.0001]));
  const results = listInputs(item.body().input).map(() => ({
    flagged: false,
    categories: none,
    category_scores: scores,
  }));
  return JSON.stringify({ id: `modr-${hex16(item.hash)}`, model: item.model, results });
}

function listInputs(input: unknown): string[] {
  return Array.isArray(input)
    ? asList(input).map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
    : [String(input)];
}

export function makeVector(text: string, dimensions: number): Float32Array {
  let state = hashText(text).hi;
  return Float32Array.from({ length: dimensions }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

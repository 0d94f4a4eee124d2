// The words of an answer, the same in every lane and for every vendor, decided by the request's body and the outcome.

import type { Options } from '../faults/options.ts';
import { asList, asText, isObject, type Json } from '../server/json.ts';
import { type Hash, hex8, roll } from '../world/hash.ts';
import type { CacheLife } from './body-facts.ts';
import { type Outcome, outcomes } from './outcome.ts';
import { buildInstance, findSchema } from './schema.ts';

export interface Item {
  hash: Hash;
  model: string;
  createdS: number;
  tokens: number;
  cachedTokens: number;
  cacheLife: CacheLife;
  /** The first request with a prefix writes the cache, later ones read it. */
  cacheWrite: boolean;
  wantsSchema: boolean;
  outcome: Outcome;
  inBatch: boolean;
  body: () => Json;
}

const refusalText = 'I cannot help with that.';
const brokenJson = '{"answer": "cut';
export const countTokens = (text: string): number => Math.ceil(text.length / 4);

export function answerText(item: Item, options: Options): string {
  if (item.outcome === outcomes.refused) return refusalText;
  if (item.outcome === outcomes.invalidJson) return brokenJson;
  if (item.outcome === outcomes.empty) return '';
  const text = fullText(item, options);
  return item.outcome === outcomes.truncated ? text.slice(0, Math.ceil(text.length / 2)) : text;
}

function fullText(item: Item, { answer, output, seed }: Options): string {
  const hashed = `answer ${hex8(item.hash.hi)}`;
  if (item.wantsSchema) return JSON.stringify(buildInstance(findSchema(item.body()) ?? {}, hashed));
  if (answer.mode === 'json') return JSON.stringify(answer.value ?? { answer: hashed });
  let text = answer.mode === 'echo' ? `echo: ${lastUserText(item.body())}` : hashed;
  if (answer.bytes !== undefined) {
    text = text.padEnd(answer.bytes, ' lorem ipsum').slice(0, Math.max(answer.bytes, hashed.length));
  }
  if (output.unicodeSeparators) text += ' \u2028\u2029 end';
  if (output.bigLines !== undefined && roll(item.hash, seed, 5) < output.bigLines.rate) {
    text = text.padEnd(output.bigLines.bytes, '.');
  }
  return text;
}

function lastUserText(body: Json): string {
  if (typeof body.input === 'string') return body.input;
  if (typeof body.prompt === 'string') return body.prompt;
  const turns = asList(body.messages ?? body.input ?? body.contents).filter(isObject);
  const last = turns.findLast(({ role }) => role === 'user');
  return last === undefined ? '' : contentText(last.content ?? last.parts);
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  return asList(content)
    .filter(isObject)
    .map(({ text }) => asText(text))
    .join('');
}

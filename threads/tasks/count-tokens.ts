// Counts the tokens of sampled prompts. A vocabulary takes 40 MB and a fifth of a second to load, so the pool has a short-lived thread for this task.

import { readFileSync } from 'node:fs';
import type { GptEncoding } from 'gpt-tokenizer/GptEncoding';
import type { Encoding } from '../../providers/dialects/dialect.ts';
import type { SampledPrompt } from './rendered-rows.ts';

/** As the package gives it: a token's text or, if it is a part of a character, its bytes; its place is its rank. */
type Vocabulary = (string | number[])[];

const loaded = new Map<Encoding, GptEncoding>();

/** As the package decodes: a byte order mark is not part of the text. */
const decoder = new TextDecoder();

/** In a prompt, the name of a special token is text like any other. */
const options = { disallowedSpecial: new Set<string>() };

export interface CountTokensInput {
  readonly prompts: readonly SampledPrompt[];
}

/** A row of the sample, and its tokens as its model counts them. */
export interface SampledRow {
  readonly index: number;
  readonly tokens: number;
}

export async function countTokens({ prompts }: CountTokensInput): Promise<readonly SampledRow[]> {
  const rows: SampledRow[] = [];
  for (const { index, encoding, pieces, scale, formTokens } of prompts) {
    const tokenizer = loaded.get(encoding) ?? (await load(encoding));
    const counted = pieces.reduce((sum, piece) => sum + tokenizer.countTokens(piece, options), 0);
    rows.push({ index, tokens: Math.ceil(counted * scale) + formTokens });
  }
  return rows;
}

/** The package has the same vocabularies as code, but to parse that takes 40 MB more, and most of them stay with the process. */
async function load(encoding: Encoding): Promise<GptEncoding> {
  const { GptEncoding } = await import('gpt-tokenizer/GptEncoding');
  const file = new URL(import.meta.resolve(`gpt-tokenizer/data/${encoding}.tiktoken`));
  const vocabulary = parseVocabulary(readFileSync(file, 'latin1'));
  const tokenizer = GptEncoding.getEncodingApi(encoding, () => vocabulary);
  loaded.set(encoding, tokenizer);
  return tokenizer;
}

/** Each line has a token in base64, and its rank. */
function parseVocabulary(text: string): Vocabulary {
  const vocabulary: Vocabulary = [];
  for (let from = 0; from < text.length; ) {
    const space = text.indexOf(' ', from);
    const end = text.indexOf('\n', space);
    const bytes = Buffer.from(text.slice(from, space), 'base64');
    const token = decoder.decode(bytes);
    vocabulary[Number(text.slice(space, end))] = Buffer.from(token).equals(bytes) ? token : [...bytes];
    from = end + 1;
  }
  return vocabulary;
}

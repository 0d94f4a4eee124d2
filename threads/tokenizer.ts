// Counts the tokens of texts. A tokenizer takes 70 MB and a fifth of a second to load, so only a thread that has something to count loads it.

import type { Encoding } from '../providers/dialects/dialect.ts';

interface Tokenizer {
  countTokens(text: string, options: { readonly disallowedSpecial: Set<string> }): number;
}

const loaders: Readonly<Record<Encoding, () => Promise<Tokenizer>>> = {
  o200k_base: () => import('gpt-tokenizer/encoding/o200k_base'),
  cl100k_base: () => import('gpt-tokenizer/encoding/cl100k_base'),
};

/** In a prompt, the name of a special token is text like any other. */
const options = { disallowedSpecial: new Set<string>() };

export async function loadTokenCounter(encoding: Encoding): Promise<(text: string) => number> {
  const tokenizer = await loaders[encoding]();
  return (text) => tokenizer.countTokens(text, options);
}

// Makes a dialect from its settings. It loads no SDK, so that a thread can use it.

import { hideDecodedKeys } from '../hide-keys.ts';
import { makeAnthropicDialect } from './anthropic/dialect.ts';
import { makeBedrockDialect } from './bedrock/dialect.ts';
import type { Dialect, DialectFamily, DialectSettings } from './dialect.ts';
import { makeGeminiDialect } from './gemini/dialect.ts';
import { makeOpenaiDialect } from './openai/dialect.ts';
import { makeVertexDialect } from './vertex/dialect.ts';

const makers: Readonly<Record<DialectFamily, (settings: DialectSettings) => Dialect>> = {
  openai: makeOpenaiDialect,
  anthropic: makeAnthropicDialect,
  bedrock: makeBedrockDialect,
  gemini: makeGeminiDialect,
  vertex: makeVertexDialect,
};

export const createDialect = (settings: DialectSettings): Dialect =>
  hideDecodedKeys(makers[settings.family](settings), settings.secrets);

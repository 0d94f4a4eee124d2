// The dialect of each vendor, by the vendor's name. It loads no SDK, so that a thread can use it.

import { InvariantBroken } from '../../domain/refusal.ts';
import { hideDecodedKeys } from '../hide-keys.ts';
import { anthropicDialect } from '../vendors/anthropic/dialect.ts';
import { openaiDialect } from '../vendors/openai/dialect.ts';
import type { Dialect, DialectSettings } from './dialect.ts';

const dialects: Readonly<Record<string, Dialect>> = { anthropic: anthropicDialect, openai: openaiDialect };

export function createDialect({ vendor, secrets }: DialectSettings): Dialect {
  const dialect = dialects[vendor];
  if (dialect === undefined) throw new InvariantBroken(`there is no dialect of ${vendor}`);
  return hideDecodedKeys(dialect, secrets);
}

// From the form of a batch's provider to that of the front.

import type { Json } from '../../../domain/outcome/outcome.ts';
import { findDialect } from '../batches/choose-route.ts';
import type { BatchRecord } from '../batches/record.ts';
import { GatewayError } from '../errors.ts';
import type { OpenaiParts } from './parts.ts';

export function makeTranslation({ translator }: OpenaiParts, { route }: BatchRecord): (response: Json) => Json {
  const from = route === null ? null : findDialect(route);
  if (from === null || from === 'openai') return (response) => response;
  if (translator === null) throw new GatewayError('not_found', 'the answers of this batch have another form');
  return (response) => translator.translateAnswer(response, from, 'openai');
}

// From the form of a batch's provider to the one in which the front gives its answers.

import type { Json } from '../../../domain/outcome/outcome.ts';
import { findDialect } from '../batches/choose-route.ts';
import type { BatchRecord } from '../batches/record.ts';
import { translatedEndpoints } from '../batches/translator.ts';
import type { OpenaiParts } from './parts.ts';

export function makeTranslation({ translator }: OpenaiParts, record: BatchRecord): (response: Json) => Json {
  const { route, dialect, endpoint } = record;
  const answered = route === null ? null : findDialect(route);
  // What came through this front and went to a provider of its form is passed on as it is.
  const from = answered === null || answered === dialect ? endpoint : translatedEndpoints[answered];
  const to = dialect === 'openai' ? endpoint : translatedEndpoints.openai;
  if (from === to) return (response) => response;
  return (response) => translator.translateAnswer(response, from, to);
}

// From the form of a batch's provider to the one in which a front gives its answers.

import type { Json } from '../../../domain/outcome/outcome.ts';
import { findTarget } from './choose-route.ts';
import type { BatchRecord, Dialect } from './record.ts';
import { type Translator, translatedEndpoints } from './translator.ts';

interface Translation {
  /** The endpoint whose form the answers have. */
  readonly from: string;
  readonly translate: (response: Json) => Json;
}

export function makeTranslation(
  translator: Translator,
  { route, dialect, endpoint }: BatchRecord,
  front: Dialect,
): Translation {
  const answered = route === null ? dialect : findTarget(route);
  // What came through the front and went to a provider of its form is passed on as it is.
  const from = answered === dialect ? endpoint : translatedEndpoints[answered];
  const to = dialect === front ? endpoint : translatedEndpoints[front];
  if (from === to) return { from, translate: (response) => response };
  const model = route?.model ?? null;
  return { from, translate: (response) => translator.translateAnswer(response, { from, to, model }) };
}

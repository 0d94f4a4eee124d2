// The answer to a joint request as one answer for each of its items.

import type { Json, RawOutcome } from '../../domain/outcome/outcome.ts';
import { shareTokens } from '../../domain/plan/joint-requests.ts';

type Answer = Extract<RawOutcome, { kind: 'answer' }>;

/** In the order of the items. An answer whose parts cannot be told apart gives none. */
export function splitAnswer(answer: Answer): readonly Answer[] {
  const vectors = listVectors(answer.value);
  return vectors.map((value, index) => {
    const { input } = answer.usage;
    const usage = { ...answer.usage, input: shareTokens(input, index, vectors.length) };
    return { ...answer, value, usage, response: withOneEntry(answer.response, index) };
  });
}

/** A dialect gives a single vector as it is, and several as a list. */
function listVectors(value: Json | undefined): readonly Json[] {
  if (!Array.isArray(value)) return [];
  return Array.isArray(value[0]) ? value : [value];
}

function withOneEntry(response: Json, index: number): Json {
  if (typeof response !== 'object' || response === null || Array.isArray(response)) return response;
  const { data } = response;
  if (!Array.isArray(data)) return response;
  // A provider may list them in another order.
  const entry = data.find((each) => hasIndex(each, index)) ?? data[index] ?? null;
  return { ...response, data: [entry] };
}

const hasIndex = (entry: Json, index: number): boolean =>
  typeof entry === 'object' && entry !== null && !Array.isArray(entry) && entry.index === index;

// One line of Gemini's output, understood: a response, or an error with Google's status.

import type { Finish, RawOutcome } from '../../../domain/outcome/outcome.ts';
import { noUsage, plus, type Usage } from '../../../domain/outcome/usage.ts';
import {
  asFields,
  asJson,
  asList,
  asNumber,
  asObjects,
  asText,
  type Fields,
  findByCode,
  joinTexts,
  parsedFields,
} from '../../json-fields.ts';
import { type ItemCodes, readDetail, toItemReason } from '../item-reason.ts';
import { readHttpStatus, readStatusName } from './status.ts';

export function decode(line: Buffer, codes: ItemCodes): RawOutcome {
  const record = parsedFields(line.toString('utf8'));
  const customId = asText(record?.key);
  if (record === null || customId === null || customId === '') return { kind: 'unreadable' };
  const error = asFields(record.error);
  if (error !== null) return failed(customId, error, codes);
  const response = asFields(record.response);
  return response === null ? { kind: 'unreadable' } : answered(customId, response);
}

export function failed(customId: string, error: Fields, codes: ItemCodes): RawOutcome {
  const name = readStatusName(error);
  const why = name === null ? undefined : findByCode(codes.unrun, name);
  if (why !== undefined) return { kind: 'unrun', customId, why, ...readDetail(error) };
  return { kind: 'error', customId, reason: toItemReason(readHttpStatus(error), name, codes), ...readDetail(error) };
}

export function answered(customId: string, response: Fields): RawOutcome {
  const content = response.embedding === undefined ? textAnswer(response) : embeddingAnswer(response);
  const model = asText(response.modelVersion);
  return { kind: 'answer', customId, ...content, model, response: asJson(response) };
}

/** A prompt that was blocked has no candidates. */
function textAnswer(response: Fields) {
  const candidate = asFields(asList(response.candidates)[0]);
  const blocked = asText(asFields(response.promptFeedback)?.blockReason);
  const finishReason = asText(candidate?.finishReason) ?? blocked;
  const parts = asObjects(asFields(candidate?.content)?.parts).filter(({ thought }) => thought !== true);
  const calls = parts.filter(({ functionCall }) => asFields(functionCall) !== null);
  const finish: Finish = candidate === null && blocked !== null ? 'refused' : (finishes[finishReason ?? ''] ?? 'stop');
  return {
    text: joinTexts(parts),
    ...(calls.length === 0 ? {} : { value: asJson(calls.map(({ functionCall }) => functionCall)) }),
    finish,
    finishReason,
    usage: readUsage(asFields(response.usageMetadata)),
  };
}

const finishes: Readonly<Record<string, Finish>> = {
  MAX_TOKENS: 'length',
  SAFETY: 'filtered',
  RECITATION: 'filtered',
  LANGUAGE: 'filtered',
  BLOCKLIST: 'filtered',
  PROHIBITED_CONTENT: 'filtered',
  SPII: 'filtered',
  IMAGE_SAFETY: 'filtered',
  IMAGE_PROHIBITED_CONTENT: 'filtered',
  IMAGE_RECITATION: 'filtered',
};

function embeddingAnswer(response: Fields) {
  const values = asFields(response.embedding)?.values;
  const whole = Array.isArray(values) && values.every((each) => typeof each === 'number') && values.length > 0;
  const counted = asCount(asFields(response.usageMetadata)?.promptTokenCount) ?? asCount(response.tokenCount);
  return {
    text: null,
    ...(whole ? { value: asJson(values) } : {}),
    finish: 'stop' as const,
    finishReason: null,
    usage: { ...noUsage, input: counted },
  };
}

/** Cached tokens are inside `promptTokenCount`, what tools put in is not. Thoughts are billed as output, outside the candidates. */
function readUsage(usage: Fields | null): Usage {
  const prompt = asCount(usage?.promptTokenCount);
  if (usage === null || prompt === null) return noUsage;
  const input = prompt + (asCount(usage.toolUsePromptTokenCount) ?? 0);
  const reasoning = asCount(usage.thoughtsTokenCount);
  const total = asCount(usage.totalTokenCount);
  const output = plus(asCount(usage.candidatesTokenCount), reasoning);
  return {
    input,
    cachedInput: asCount(usage.cachedContentTokenCount),
    cacheWrite: null,
    // Counts of 0 are left out; the total shows whether they are.
    output: output ?? (total === null ? null : Math.max(0, total - input)),
    reasoning,
  };
}

/** Google writes 64-bit numbers as texts. */
const asCount = (value: unknown): number | null =>
  typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : asNumber(value);

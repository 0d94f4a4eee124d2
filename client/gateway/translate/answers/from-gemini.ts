// An answer of Gemini, as a chat completion of OpenAI.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import { type Fields, isObject } from '../fields.ts';
import { makeCompletion } from './make-completion.ts';
import type { Counts } from './usage.ts';

/** Null if it is something else, such as an error. */
export function fromGemini(response: Fields, model: string | null): Json | null {
  const { candidates, promptFeedback, createTime, usageMetadata } = response;
  const blocked = isObject(promptFeedback) ? promptFeedback : null;
  if (!Array.isArray(candidates) && blocked === null) return null;
  const candidate = Array.isArray(candidates) && isObject(candidates[0]) ? candidates[0] : null;
  const content = isObject(candidate?.content) ? candidate.content : {};
  const parts = (Array.isArray(content.parts) ? content.parts.filter(isObject) : []).filter(
    ({ thought }) => thought !== true,
  );
  const id = toText(response.responseId) ?? '';
  const calls = parts.flatMap(({ functionCall: call }) => (isObject(call) ? [call] : []));
  return makeCompletion({
    id,
    created: toSeconds(createTime),
    model: toText(response.modelVersion) ?? model,
    texts: parts.flatMap(({ text }) => (typeof text === 'string' ? [text] : [])),
    calls: calls.map((call, index) => ({
      // The vendor need not name its calls, and callers give the names back with the results.
      id: toText(call.id) ?? `call_${id.replaceAll(/[^a-zA-Z0-9_-]/g, '')}_${index}`,
      name: call.name ?? '',
      input: call.args ?? {},
    })),
    // A prompt that was blocked has no candidates.
    finish: candidate === null ? 'content_filter' : toFinish(candidate.finishReason, calls.length > 0),
    refusal: candidate === null ? toText(blocked?.blockReasonMessage) : null,
    usage: isObject(usageMetadata) ? toUsage(usageMetadata) : null,
  });
}

const toText = (value: Json | undefined): string | null => (typeof value === 'string' && value !== '' ? value : null);

function toSeconds(time: Json | undefined): number {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(ms) ? 0 : Math.floor(ms / 1000);
}

const filters: ReadonlySet<Json | undefined> = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
]);

/** The vendor has no reason of its own for calls. */
function toFinish(reason: Json | undefined, hasCalls: boolean): 'stop' | 'tool_calls' | 'length' | 'content_filter' {
  if (filters.has(reason)) return 'content_filter';
  if (reason === 'MAX_TOKENS') return 'length';
  return hasCalls ? 'tool_calls' : 'stop';
}

/** Cached tokens are inside the prompt, what tools put in is not. Thoughts are billed as output, outside the candidates. Counts of 0 are left out. */
function toUsage(usage: Fields): Counts {
  const reasoning = toCount(usage.thoughtsTokenCount);
  return {
    input: toCount(usage.promptTokenCount) + toCount(usage.toolUsePromptTokenCount),
    output: toCount(usage.candidatesTokenCount) + reasoning,
    cached: toCount(usage.cachedContentTokenCount),
    written: 0,
    reasoning,
  };
}

/** The vendor may write a number as text. */
const toCount = (value: Json | undefined): number =>
  typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : typeof value === 'number' ? value : 0;

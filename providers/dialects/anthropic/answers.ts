// One line of Anthropic's results, understood. `succeeded` means that the model ran, not that the answer is usable.

import type { Finish, RawOutcome } from '../../../domain/outcome/outcome.ts';
import { noUsage, plus, type Usage } from '../../../domain/outcome/usage.ts';
import {
  asCode,
  asFields,
  asJson,
  asNumber,
  asObjects,
  asText,
  type Fields,
  findByCode,
  parsedFields,
} from '../../json-fields.ts';
import { type ItemCodes, readDetail, toItemReason } from '../item-reason.ts';

export function decode(line: Buffer, codes: ItemCodes): RawOutcome {
  const record = parsedFields(line.toString('utf8'));
  const customId = asText(record?.custom_id);
  const result = asFields(record?.result);
  if (customId === null || customId === '' || result === null) return { kind: 'unreadable' };
  if (result.type === 'succeeded') {
    const message = asFields(result.message);
    if (message === null) return { kind: 'unreadable' };
    const answer = answered(customId, message);
    return ranInRegion(asFields(message.usage)) ? { ...answer, ranInRegion: true } : answer;
  }
  if (result.type === 'errored') return errored(customId, asFields(result.error), codes);
  const why = typeof result.type === 'string' ? findByCode(codes.unrun, result.type) : undefined;
  return why === undefined ? { kind: 'unreadable' } : { kind: 'unrun', customId, why };
}

type Answer = Extract<RawOutcome, { kind: 'answer' }>;

/** The kind stands inside an envelope whose own type is just `error`. */
function errored(customId: string, envelope: Fields | null, codes: ItemCodes): RawOutcome {
  const error = asFields(envelope?.error) ?? envelope;
  const type = asCode(error?.type);
  const code = asCode(asFields(error?.details)?.error_code) ?? type;
  const status = findByCode(codes.statuses, type ?? '') ?? findByCode(codes.statuses, code ?? '') ?? null;
  return { kind: 'error', customId, reason: toItemReason(status, code, codes), ...readDetail(error) };
}

/** What `inference_geo` says where an answer did not run in one region: anywhere, or by a model that is older than the field. */
const noRegion = ['global', 'not_available', ''];

/** A workspace may have a region of its own, which neither the account nor the request names (docs, data residency). */
function ranInRegion(usage: Fields | null): boolean {
  const place = asText(usage?.inference_geo);
  return place !== null && !noRegion.includes(place);
}

export function answered(customId: string, message: Fields): Answer {
  const blocks = asObjects(message.content);
  const finishReason = asText(message.stop_reason);
  const calls = blocks.filter(({ type }) => type === 'tool_use');
  return {
    kind: 'answer',
    customId,
    text: textIn(blocks),
    ...(calls.length === 0 ? {} : { value: asJson(calls) }),
    finish: finishes[finishReason ?? ''] ?? 'stop',
    finishReason,
    usage: readUsage(asFields(message.usage)),
    model: asText(message.model),
    response: asJson(message),
  };
}

const finishes: Readonly<Record<string, Finish>> = {
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'refused',
  pause_turn: 'paused',
};

function textIn(blocks: readonly Fields[]): string | null {
  let text: string | null = null;
  for (const block of blocks) if (block.type === 'text') text = (text ?? '') + (asText(block.text) ?? '');
  return text;
}

/** `input_tokens` leaves out what was read from or written to the cache; ours has all of it. */
function readUsage(usage: Fields | null): Usage {
  if (usage === null) return noUsage;
  const fresh = asNumber(usage.input_tokens);
  const cachedInput = asNumber(usage.cache_read_input_tokens);
  const lifetimes = asFields(usage.cache_creation);
  const forHour = asNumber(lifetimes?.ephemeral_1h_input_tokens);
  const cacheWrite =
    asNumber(usage.cache_creation_input_tokens) ?? plus(asNumber(lifetimes?.ephemeral_5m_input_tokens), forHour);
  return {
    input: fresh === null ? null : fresh + (cachedInput ?? 0) + (cacheWrite ?? 0),
    cachedInput,
    cacheWrite,
    ...(forHour === null ? {} : { cacheWrite1h: forHour }),
    output: asNumber(usage.output_tokens),
    reasoning: asNumber(asFields(usage.output_tokens_details)?.thinking_tokens),
  };
}

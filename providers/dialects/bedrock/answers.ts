// One row of a job's output on Bedrock, understood. It repeats the request, and has the reply of the Converse API, or an error.

import type { Finish, RawOutcome } from '../../../domain/outcome/outcome.ts';
import { noUsage, type Usage } from '../../../domain/outcome/usage.ts';
import {
  asFields,
  asJson,
  asNumber,
  asObjects,
  asText,
  type Fields,
  findByCode,
  joinTexts,
  parsedFields,
} from '../../json-fields.ts';
import { type ItemCodes, readDetail, toItemReason } from '../item-reason.ts';

export function decode(line: Buffer, codes: ItemCodes): RawOutcome {
  const record = parsedFields(line.toString('utf8'));
  const customId = asText(record?.recordId);
  if (record === null || customId === null || customId === '') return { kind: 'unreadable' };
  const error = asFields(record.error);
  if (error !== null) return failed(customId, error, codes);
  const reply = asFields(record.modelOutput);
  return reply === null ? { kind: 'unreadable' } : answered(customId, reply);
}

/** Its code is an HTTP status. */
const failed = (customId: string, { errorCode, errorMessage }: Fields, codes: ItemCodes): RawOutcome => ({
  kind: 'error',
  customId,
  reason: toItemReason(asNumber(errorCode), null, codes),
  ...readDetail({ message: errorMessage }),
});

/** The reply does not name the model. */
function answered(customId: string, reply: Fields): RawOutcome {
  const blocks = asObjects(asFields(asFields(reply.output)?.message)?.content);
  const finishReason = asText(reply.stopReason);
  return {
    kind: 'answer',
    customId,
    text: joinTexts(blocks),
    finish: findByCode(finishes, finishReason ?? '') ?? 'stop',
    finishReason,
    usage: readUsage(asFields(reply.usage)),
    model: null,
    response: asJson(reply),
  };
}

const finishes: Readonly<Record<string, Finish>> = {
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  content_filtered: 'filtered',
  guardrail_intervened: 'filtered',
};

/** `inputTokens` leaves out what was read from or written to the cache; ours has all of it. Thoughts are not counted apart. */
function readUsage(usage: Fields | null): Usage {
  if (usage === null) return noUsage;
  const fresh = asNumber(usage.inputTokens);
  const cachedInput = asNumber(usage.cacheReadInputTokens);
  const cacheWrite = asNumber(usage.cacheWriteInputTokens);
  const [forHour] = asObjects(usage.cacheDetails).filter(({ ttl }) => ttl === '1h');
  const cacheWrite1h = asNumber(forHour?.inputTokens);
  return {
    input: fresh === null ? null : fresh + (cachedInput ?? 0) + (cacheWrite ?? 0),
    cachedInput,
    cacheWrite,
    ...(cacheWrite1h === null ? {} : { cacheWrite1h }),
    output: asNumber(usage.outputTokens),
    reasoning: null,
  };
}

// One row of a job's output on Vertex AI, understood. It repeats the request, and has a response, or a status that says why there is none.

import type { RawOutcome } from '../../../domain/outcome/outcome.ts';
import { asFields, asText, type Fields, parsedFields } from '../../json-fields.ts';
import { answered as answeredByClaude } from '../anthropic/answers.ts';
import { answered as answeredByGemini, failed } from '../gemini/answers.ts';
import type { ItemCodes } from '../item-reason.ts';
import { idLabel } from './name-rows.ts';
import { claudeEndpoint } from './requests.ts';

export function decode(line: Buffer, endpoint: string, codes: ItemCodes): RawOutcome {
  const record = parsedFields(line.toString('utf8'));
  const customId = record === null ? null : readId(record);
  if (record === null || customId === null || customId === '') return { kind: 'unreadable' };
  const status = asText(record.status) ?? '';
  if (status !== '') return failed(customId, readError(status), codes);
  const response = asFields(record.response);
  if (response === null || Object.keys(response).length === 0) return { kind: 'unreadable' };
  if (response.type === 'error') return failed(customId, toError(asFields(response.error) ?? {}), codes);
  return endpoint === claudeEndpoint ? answeredByClaude(customId, response) : answeredByGemini(customId, response);
}

function readId({ custom_id, key, request }: Fields): string | null {
  return asText(custom_id) ?? asText(key) ?? asText(asFields(asFields(request)?.labels)?.[idLabel]);
}

/** Such as `Bad Request: {"error": {"code": 400, …}}`. Other words may hold an HTTP status. */
function readError(status: string): Fields {
  const quoted = parsedFields(status.slice(status.indexOf('{')));
  const error = asFields(quoted?.error) ?? quoted;
  if (error !== null) return toError(error);
  const [, code] = /\b([45]\d\d)\b/.exec(status) ?? [];
  return { code: code === undefined ? undefined : Number(code), message: status };
}

/** Claude's errors have a type where Google's have a status. */
const toError = (error: Fields): Fields => ({ ...error, status: error.status ?? error.type });

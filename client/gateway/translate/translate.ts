// Carries requests and answers between the forms of two vendors. A request that cannot be carried as it is meant is refused, and the field is
// named; nothing of it is left out in silence. docs/fronts.md has the table.

import type { Json } from '../../../domain/outcome/outcome.ts';
import { toCompletion } from './answers/to-completion.ts';
import { toMessage } from './answers/to-message.ts';
import { type Fields, isObject, NotCarried } from './fields.ts';
import { toChatRequest } from './requests/to-chat.ts';
import { toMessagesRequest } from './requests/to-messages.ts';

/** `openai` is the form of `/v1/chat/completions`, and `anthropic` that of `/v1/messages`. */
export type FrontDialect = 'openai' | 'anthropic';

export type TranslatedRequest =
  | { readonly ok: true; readonly body: { [name: string]: Json } }
  /** The message says why the field cannot be carried, and quotes none of its values. */
  | { readonly ok: false; readonly field: string; readonly message: string };

export function translateRequest(body: Fields, from: FrontDialect, to: FrontDialect): TranslatedRequest {
  if (from === to) return { ok: true, body: { ...body } };
  try {
    return { ok: true, body: to === 'anthropic' ? toMessagesRequest(body) : toChatRequest(body) };
  } catch (error) {
    if (!(error instanceof NotCarried)) throw error;
    return { ok: false, field: error.field, message: error.message };
  }
}

/** Of a whole answer. Something else, like an error of the vendor, stays as it is. */
export function translateAnswer(response: Json, from: FrontDialect, to: FrontDialect): Json {
  if (from === to || !isObject(response)) return response;
  if (from === 'anthropic') return response.type === 'message' ? toCompletion(response) : response;
  return Array.isArray(response.choices) ? toMessage(response) : response;
}

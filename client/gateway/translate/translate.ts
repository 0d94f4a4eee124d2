// Carries requests and answers between the forms of vendors. A request that cannot be carried as it is meant is refused, and the field is
// named; nothing of it is left out in silence. docs/fronts.md has the table.

import type { Json } from '../../../domain/outcome/outcome.ts';
import { fromConverse } from './answers/from-converse.ts';
import { fromGemini } from './answers/from-gemini.ts';
import { toCompletion } from './answers/to-completion.ts';
import { toMessage } from './answers/to-message.ts';
import { type Fields, isObject, NotCarried } from './fields.ts';
import { nameOrigin } from './requests/name-origin.ts';
import { toChatRequest } from './requests/to-chat.ts';
import { toConverseRequest } from './requests/to-converse.ts';
import { toGeminiRequest } from './requests/to-gemini.ts';
import { toMessagesRequest } from './requests/to-messages.ts';

/** `openai` is the form of `/v1/chat/completions`, and `anthropic` that of `/v1/messages`. */
export type FrontDialect = 'openai' | 'anthropic';

/** `vertex` is the form of Anthropic's models there; those of Gemini have their own. */
export type TargetDialect = FrontDialect | 'gemini' | 'bedrock' | 'vertex';

export type TranslatedRequest =
  | { readonly ok: true; readonly body: { [name: string]: Json } }
  /** The message says why the field cannot be carried, and quotes none of its values. */
  | { readonly ok: false; readonly field: string; readonly message: string };

export function translateRequest(body: Fields, from: FrontDialect, to: TargetDialect): TranslatedRequest {
  try {
    return { ok: true, body: from === 'openai' ? carryChat(body, to) : carryMessages(body, to) };
  } catch (error) {
    if (!(error instanceof NotCarried)) throw error;
    return { ok: false, field: error.field, message: error.message };
  }
}

function carryChat(body: Fields, to: TargetDialect): { [name: string]: Json } {
  if (to === 'openai') return { ...body };
  if (to === 'gemini') return toGeminiRequest(body);
  if (to === 'bedrock') return toConverseRequest(body);
  const request = toMessagesRequest(body);
  return to === 'vertex' ? toVertexRequest(request) : request;
}

/** To forms that are far from both, by way of a chat completion. */
function carryMessages(body: Fields, to: TargetDialect): { [name: string]: Json } {
  if (to === 'anthropic') return { ...body };
  if (to === 'vertex') return toVertexRequest(body);
  const chat = toChatRequest(body);
  try {
    return carryChat(chat, to);
  } catch (error) {
    throw error instanceof NotCarried ? new NotCarried(nameOrigin(error.field, body), error.message) : error;
  }
}

/** The model is in the URL of a call, and the API has a version of its own. */
function toVertexRequest({ model, ...body }: Fields): { [name: string]: Json } {
  return { anthropic_version: 'vertex-2023-10-16', ...body };
}

/** Of a whole answer; `model` is for answers that do not name theirs. Something else, like an error of the vendor, stays as it is. */
export function translateAnswer(
  response: Json,
  from: TargetDialect,
  to: FrontDialect,
  model: string | null = null,
): Json {
  if (!isObject(response)) return response;
  const form = from === 'vertex' ? 'anthropic' : from;
  if (form === to) return response;
  if (form === 'anthropic') return response.type === 'message' ? toCompletion(response) : response;
  const completion = form === 'openai' ? response : carryAnswer(response, form, model);
  if (to === 'openai') return completion ?? response;
  return isObject(completion) && Array.isArray(completion.choices) ? toMessage(completion) : response;
}

const carryAnswer = (response: Fields, from: 'gemini' | 'bedrock', model: string | null): Json =>
  from === 'gemini' ? fromGemini(response, model) : fromConverse(response, model);

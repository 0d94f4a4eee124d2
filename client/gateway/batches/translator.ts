// How requests and answers get from one vendor's form into that of another. A form goes by the endpoint that has it.

import type { Json } from '../../../domain/outcome/outcome.ts';
import type { Target } from './record.ts';

export type Translated =
  | { readonly ok: true; readonly body: Json }
  /** The field cannot be carried; the message says why. */
  | { readonly ok: false; readonly field: string; readonly message: string };

export interface Translator {
  translateRequest(body: Json, from: string, to: string): Translated;
  /** An answer of the provider, in the form of the front. */
  translateAnswer(response: Json, forms: AnswerForms): Json;
}

interface AnswerForms {
  readonly from: string;
  readonly to: string;
  /** For answers that do not name theirs; null if each names it. */
  readonly model: string | null;
}

/** The endpoint of a provider's requests that come from another vendor's form. */
export const translatedEndpoints: Readonly<Record<Target, string>> = {
  openai: '/v1/chat/completions',
  anthropic: '/v1/messages',
  // The workers go by these too.
  gemini: 'generateContent',
  bedrock: 'Converse',
  vertex: 'rawPredict',
};

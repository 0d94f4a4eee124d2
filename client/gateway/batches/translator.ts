// How requests and answers get from one vendor's form into that of another.

import type { Json } from '../../../domain/outcome/outcome.ts';
import type { Dialect } from './record.ts';

type Fields = { readonly [name: string]: Json };

type Translated =
  | { readonly ok: true; readonly body: Json }
  /** The field cannot be carried; the message says why. */
  | { readonly ok: false; readonly field: string; readonly message: string };

export interface Translator {
  translateRequest(body: Fields, from: Dialect, to: Dialect): Translated;
  translateAnswer(response: Json, from: Dialect, to: Dialect): Json;
}

/** The endpoints whose requests can be carried. */
export const carriedEndpoints: Readonly<Record<Dialect, string>> = {
  openai: '/v1/chat/completions',
  anthropic: '/v1/messages',
};

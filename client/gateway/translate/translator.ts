// What the fronts translate with: forms go by their endpoints there. Only chat completions and messages can be carried.

import type { Json } from '../../../domain/outcome/outcome.ts';
import { type Translator, translatedEndpoints } from '../batches/translator.ts';
import { isObject } from './fields.ts';
import { type FrontDialect, translateAnswer, translateRequest } from './translate.ts';

export const translator: Translator = {
  translateRequest(body, from, to) {
    const [dialect, target] = [findForm(from), findForm(to)];
    if (dialect === null || target === null) {
      const endpoint = dialect === null ? from : to;
      return {
        ok: false,
        field: 'url',
        message: `requests of ${endpoint} cannot be carried to a provider of another form`,
      };
    }
    if (!isObject(body)) return { ok: false, field: 'body', message: 'must be an object' };
    return translateRequest(body, dialect, target);
  },
  translateAnswer(response: Json, from, to) {
    const [dialect, target] = [findForm(from), findForm(to)];
    return dialect === null || target === null ? response : translateAnswer(response, dialect, target);
  },
};

function findForm(endpoint: string): FrontDialect | null {
  if (endpoint === translatedEndpoints.openai) return 'openai';
  return endpoint === translatedEndpoints.anthropic ? 'anthropic' : null;
}

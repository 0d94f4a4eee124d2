// What the fronts translate with: forms go by their endpoints there. Of a front's own forms, only chat completions and messages can be carried.

import { type Translator, translatedEndpoints } from '../batches/translator.ts';
import { isObject } from './fields.ts';
import { type FrontDialect, type TargetDialect, translateAnswer, translateRequest } from './translate.ts';

export const translator: Translator = {
  translateRequest(body, from, to) {
    const [dialect, target] = [findFront(from), findForm(to)];
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
  translateAnswer(response, { from, to, model }) {
    const [form, dialect] = [findForm(from), findFront(to)];
    return form === null || dialect === null ? response : translateAnswer(response, form, dialect, model);
  },
};

const forms: ReadonlyMap<string, TargetDialect> = new Map([
  [translatedEndpoints.openai, 'openai'],
  [translatedEndpoints.anthropic, 'anthropic'],
  [translatedEndpoints.gemini, 'gemini'],
  [translatedEndpoints.bedrock, 'bedrock'],
  [translatedEndpoints.vertex, 'vertex'],
]);

const findForm = (endpoint: string): TargetDialect | null => forms.get(endpoint) ?? null;

function findFront(endpoint: string): FrontDialect | null {
  const form = findForm(endpoint);
  return form === 'openai' || form === 'anthropic' ? form : null;
}

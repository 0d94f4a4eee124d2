// Whether a key works and a model is there, by asking for the model's description: it costs nothing.

import { ProviderError } from '../error.ts';
import { asFields } from '../json-fields.ts';
import { readErrorBody, toProviderError } from './fault.ts';

/** `missingCodes` are how the vendor says that it is the model that is missing, not the path. */
export async function checkModel(
  provider: string,
  missingCodes: ReadonlySet<string>,
  retrieve: () => Promise<unknown>,
): Promise<'ok' | 'unknown_model' | 'bad_key' | 'unsure'> {
  try {
    await retrieve();
    return 'ok';
  } catch (error) {
    const fault = toProviderError(provider, 'read', error);
    if (!(fault instanceof ProviderError) || fault.facts.status === null) throw fault;
    if (fault.facts.status === 401) return 'bad_key';
    const { codes } = readErrorBody(asFields(error) ?? {});
    return fault.facts.status === 404 && codes.some((code) => missingCodes.has(code)) ? 'unknown_model' : 'unsure';
  }
}

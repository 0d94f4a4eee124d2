// A vendor's message about an item is stored for people to read. Keys in it are removed, because vendors quote the key that they refuse, and
// it is cut to a length that fits a table.

import type { VendorDetail } from '../domain/outcome/outcome.ts';
import type { Dialect } from './dialects/dialect.ts';
import type { Provider } from './provider.ts';

const detailCharsMax = 300;
const removed = '[key removed]';
/** A shorter text is not a key, and may be part of a word. */
const secretCharsMin = 8;

/** How vendors' keys begin, and what follows `Bearer`, `api_key=` or `x-api-key:`. Vendors also quote keys with their middle replaced by stars. */
const keyForms =
  /\b(?:sk|pk|rk|gsk|xai|hf|r8)[-_][\w*.-]{6,}|\bAIza[\w*-]{10,}|\bA[KS]IA[A-Z0-9*]{8,}|\b(Bearer\s+|[Aa][Pp][Ii][-_ ]?[Kk][Ee][Yy]["']?\s*[=:]\s*["']?)[^\s"',;&]+/g;

/** The same provider; from the messages that it passes on, the secrets of its account and all that looks like a key are removed. */
export function hideKeys(provider: Provider, secrets: readonly string[]): Provider {
  const long = secrets.filter(({ length }) => length >= secretCharsMin);
  return {
    ...hideDecodedKeys(provider, long),
    dialect: { ...provider.dialect, secrets: long },
    async poll(handle, ctx) {
      const view = await provider.poll(handle, ctx);
      return { ...view, errors: view.errors.map((error) => clean(error, long)) };
    },
  };
}

/** For the messages in lines of output only. */
export const hideDecodedKeys = <T extends Dialect>(dialect: T, secrets: readonly string[]): T => ({
  ...dialect,
  decode: (line, endpoint) => clean(dialect.decode(line, endpoint), secrets),
});

function clean<T extends object>(from: T & VendorDetail, secrets: readonly string[]): T {
  return from.detail === undefined ? from : { ...from, detail: cleanDetail(from.detail, secrets) };
}

/** Removes first and cuts then: half of a key would not be recognized. */
export function cleanDetail(text: string, secrets: readonly string[]): string {
  const withoutSecrets = secrets.reduce((left, secret) => left.replaceAll(secret, removed), text);
  const clear = withoutSecrets.replace(keyForms, (_key, scheme: string | undefined) => `${scheme ?? ''}${removed}`);
  // A cut may go through a pair of surrogates.
  return clear.slice(0, detailCharsMax).replace(/[\uD800-\uDBFF]$/, '');
}

// Who calls Vertex AI: a token that the account gives, or Google's own chain of credentials, which gets and renews tokens by itself.

import { ProviderError } from '../../error.ts';
import { asFields, asNumber } from '../../json-fields.ts';
import { type Caller, plainFault, toProviderError } from '../../transport/fault.ts';

export type ReadToken = () => Promise<string>;

const scopes = 'https://www.googleapis.com/auth/cloud-platform';

export const loadAuth = async () => (await import('google-auth-library')).GoogleAuth;

export function createTokens(caller: Caller, given: string | null): ReadToken {
  if (given !== null) return async () => given;
  let auth: Promise<{ getAccessToken(): Promise<string | null | undefined> }> | null = null;
  return async () => {
    auth ??= loadAuth().then((GoogleAuth) => new GoogleAuth({ scopes }));
    try {
      const token = await (await auth).getAccessToken();
      if (token) return token;
    } catch (error) {
      throw toFault(caller, error);
    }
    throw plainFault(caller.name, 'unauthorized');
  };
}

/** No credentials are found, or they are refused; only a failed connection is something else. Nothing has been sent to the vendor's API. */
function toFault(caller: Caller, error: unknown): unknown {
  const status = asNumber(asFields(error)?.status);
  const fault = status === null || status >= 500 ? toProviderError(caller, 'read', error) : null;
  return fault instanceof ProviderError ? fault : plainFault(caller.name, 'unauthorized');
}

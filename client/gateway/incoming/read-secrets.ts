// Reads the secrets of vendors' events from the variables that the configuration names.

import { parseWebhookSecrets } from '../../../domain/webhook/parse-secrets.ts';
import type { GatewayConfig } from '../config.ts';

/** By vendor and account. Throws at the gateway's start if a variable is missing or is not a secret. */
export function readHookSecrets(
  hooks: GatewayConfig['hooks'],
  environment: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, readonly Buffer[]> {
  const secrets = new Map<string, readonly Buffer[]>();
  for (const [vendor, accounts] of Object.entries(hooks)) {
    for (const [account, { secret }] of Object.entries(accounts)) {
      secrets.set(nameHook(vendor, account), parseSecrets(environment[secret] ?? '', secret));
    }
  }
  return secrets;
}

export const nameHook = (vendor: string, account: string): string => `${vendor}/${account}`;

function parseSecrets(text: string, variable: string): readonly Buffer[] {
  const secrets = parseWebhookSecrets(text.trim());
  if (secrets !== null) return secrets;
  throw new Error(`${variable}: must be the secret that the vendor has shown: whsec_ and at least 24 bytes as base64`);
}

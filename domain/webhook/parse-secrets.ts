// Secrets that sign webhooks, in the form of the Standard Webhooks convention.

const secretBytesMin = 24;

/** Several, with a space between them, while one is being replaced. Null if they do not have the form. */
export function parseWebhookSecrets(text: string): readonly Buffer[] | null {
  const given = text.split(/[\s,]+/);
  const decoded = given.map((secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'));
  const areSecrets = given.every((secret) => secret.startsWith('whsec_'));
  return areSecrets && decoded.every(({ length }) => length >= secretBytesMin) ? decoded : null;
}

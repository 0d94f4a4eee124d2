// Whether a text can be the address of a receiver of webhooks.

const charsMax = 2048;

/** Null if it can. */
export function findUrlProblem(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === null || !isWeb) return 'must be an address that begins with https://';
  if (url.username !== '' || url.password !== '') return 'must not contain a user or a password: it is shown to people';
  if (url.port === '0') return 'must not have port 0: nothing can listen there';
  if (text.length > charsMax) return `must be at most ${charsMax} characters`;
  return null;
}

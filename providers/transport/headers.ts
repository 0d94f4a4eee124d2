// Headers of requests and replies: chooses which ones are sent, and reads how long a reply asks to wait.

const known = /^(accept|content-type|content-length|user-agent|x-stainless-.+)$/;

export interface OwnHeaders {
  /** A header other than `authorization` has the bare key. */
  readonly keyHeader?: string;
  readonly others?: readonly string[];
}

/**
 * The SDKs add the headers of an environment variable to every request, and have no option to prevent it. So only known headers are sent,
 * `others` being the vendor's own in lower case, and the key is the configured one.
 */
export function fetchWithOwnHeaders(
  apiKey: string,
  { keyHeader = 'authorization', others = [] }: OwnHeaders = {},
): typeof fetch {
  return (input, init) => {
    const headers = new Headers({ [keyHeader]: keyHeader === 'authorization' ? `Bearer ${apiKey}` : apiKey });
    for (const [name, value] of new Headers(init?.headers)) {
      if (known.test(name) || others.includes(name)) headers.set(name, value);
    }
    // Across hosts, fetch leaves out `authorization`, but no other header.
    const redirect = keyHeader === 'authorization' ? init?.redirect : 'error';
    return fetch(input, { ...init, headers, ...(redirect === undefined ? {} : { redirect }) });
  };
}

/** A header that asks for a longer wait counts as a mistake, and gets this one. */
const retryAfterMsMax = 24 * 60 * 60_000;

/** A vendor asks for a wait in one of three ways; null if it does not. */
export function readRetryAfterMs(headers: Headers, now: number = Date.now()): number | null {
  // A point in time that the vendor names is compared with the vendor's own clock, if the reply shows it.
  const theirNow = Date.parse(headers.get('date') ?? '');
  const wait =
    readMilliseconds(headers.get('retry-after-ms')) ??
    readSecondsOrDate(headers.get('retry-after'), Number.isNaN(theirNow) ? now : theirNow);
  return wait === null ? null : Math.min(wait, retryAfterMsMax);
}

function readMilliseconds(header: string | null): number | null {
  const value = header === null || header.trim() === '' ? Number.NaN : Number(header);
  return Number.isFinite(value) && value >= 0 ? Math.round(value) : null;
}

function readSecondsOrDate(header: string | null, now: number): number | null {
  if (header === null || header.trim() === '') return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return seconds >= 0 ? Math.round(seconds * 1000) : null;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

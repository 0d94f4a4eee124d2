// How long a vendor asks to be left alone, in whichever of three ways it says so.

/** A header that asks for more is taken for a mistake, and gets this. */
const retryAfterMsMax = 24 * 60 * 60_000;

export function readRetryAfterMs(headers: Headers, now: number = Date.now()): number | null {
  // A moment of the vendor's is measured by the vendor's clock, where it shows it.
  const theirNow = Date.parse(headers.get('date') ?? '');
  const asked =
    inMilliseconds(headers.get('retry-after-ms')) ??
    inSeconds(headers.get('retry-after'), Number.isNaN(theirNow) ? now : theirNow);
  return asked === null ? null : Math.min(asked, retryAfterMsMax);
}

function inMilliseconds(header: string | null): number | null {
  const value = header === null || header.trim() === '' ? Number.NaN : Number(header);
  return Number.isFinite(value) && value >= 0 ? Math.round(value) : null;
}

function inSeconds(header: string | null, now: number): number | null {
  if (header === null || header.trim() === '') return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return seconds >= 0 ? Math.round(seconds * 1000) : null;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

// Turns calendar days into instants: from the beginning of the first day to the end of the last, in a time zone.

const dayPattern = /^\d{4}-\d{2}-\d{2}$/;
const dayMs = 24 * 3_600_000;

export interface Span {
  readonly start: Date;
  readonly end: Date;
}

/** Temporal's backfill includes both ends, so a span starts and ends one second before midnight. */
export function backfillSpan(from: string, to: string, timezone: string): Span {
  const start = dayPattern.test(from)
    ? startOfDay(parseDate('--from', from), timezone) - 1000
    : parseDate('--from', from);
  const end = dayPattern.test(to) ? startOfDay(parseDate('--to', to) + dayMs, timezone) - 1000 : parseDate('--to', to);
  if (end <= start) throw new Error(`--to ${to} is not after --from ${from}`);
  return { start: new Date(start), end: new Date(end) };
}

function parseDate(option: string, text: string): number {
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  throw new Error(
    `${option} ${text} is not a date: give a day like 2026-11-20, or an instant like 2026-11-20T02:00:00Z`,
  );
}

/** `midnight` is the day's beginning in UTC. The offset is computed twice because it may change between the two instants. */
function startOfDay(midnight: number, timezone: string): number {
  const guess = midnight - offsetMs(midnight, timezone);
  return midnight - offsetMs(guess, timezone);
}

function offsetMs(at: number, timezone: string): number {
  const parts = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
    timeZone: timezone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  }).formatToParts(at);
  const of = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((part) => part.type === type)?.value);
  const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return wall - Math.floor(at / 1000) * 1000;
}

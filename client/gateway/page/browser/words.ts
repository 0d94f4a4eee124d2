// Numbers, times and states in words. Money and times have the form that they have in report.html; a test compares them.

export const count = (number: number): string => number.toLocaleString('en-US');

/** Cents for amounts of a dollar or more; otherwise as many places as needed to see anything. A dash: not known, or not known yet. */
export function usd(amount: number | null | undefined): string {
  if (amount === null || amount === undefined) return '–';
  if (amount === 0) return '$0';
  const size = Math.abs(amount);
  const places = size >= 1 ? 2 : Math.min(8, 2 - Math.floor(Math.log10(size)));
  const text = size.toLocaleString('en-US', {
    minimumFractionDigits: Math.min(2, places),
    maximumFractionDigits: places,
  });
  return `${amount < 0 ? '−' : ''}$${text}`;
}

/** Rounded down: 100 % is the whole. */
export const percent = (share: number): string => `${Math.floor(share * 100)} %`;

export const time = (at: string | number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const unitBytes = 1000;

export function size(bytes: number): string {
  if (bytes < unitBytes) return `${count(bytes)} bytes`;
  const power = Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${Number((bytes / unitBytes ** power).toPrecision(3))} ${['', 'kB', 'MB', 'GB'][power]}`;
}

/** The rest is in the files of the job. */
export const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length)} …` : text;

/** The verdict says more than that the job has completed. */
export const describeEnded = (state: string, verdict: string | null): string =>
  state === 'completed' ? (verdict ?? state) : state;

/** `in_doubt` as `in doubt`. */
export const words = (name: string): string => name.replaceAll('_', ' ');

const pauseWords: Readonly<Record<string, string>> = {
  person: 'somebody paused it: resume it',
  budget: 'the next batch would pass the budget: raise the budget, or cancel the job',
  refused: 'the provider refused several batches in a row: look at the failures, then resume it',
  rollout: 'a step of the rollout did not meet its checks: look at the results, then resume or cancel it',
  approval: 'a step of the rollout must be approved: look at the results, then approve or cancel it',
};

export const explainPause = (reason: string, note: string): string =>
  `${pauseWords[reason] ?? words(reason)}${note === '' ? '' : ` (${note})`}`;

// Numbers, times and states in words.

const whole = new Intl.NumberFormat('en');

const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 2, maximumFractionDigits: 12 });

export const count = (number: number): string => whole.format(number);

/** A row may cost far less than a cent. */
export function usd(amount: number | null | undefined): string {
  if (amount === null || amount === undefined) return '–';
  if (amount === 0 || amount >= 1) return `$${amount.toFixed(2)}`;
  return `$${amount >= 0.01 ? amount.toFixed(4) : plain.format(amount)}`;
}

export const percent = (share: number): string => `${Math.floor(share * 100)} %`;

export const time = (at: string | number): string =>
  new Date(at).toLocaleString('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** The verdict says more than that the job has completed. */
export const describeEnded = (state: string, verdict: string | null): string =>
  state === 'completed' ? (verdict ?? state) : state;

/** `in_doubt` as `in doubt`. */
export const words = (name: string): string => name.replaceAll('_', ' ');

const pauseWords: Readonly<Record<string, string>> = {
  person: 'somebody paused it: resume it',
  budget: 'the next batch would pass the budget: raise the budget, and resume it',
  refused: 'the provider refused several batches in a row: look at the failures, then resume it',
  rollout: 'a step of the rollout did not meet its checks: look at the results, then approve or cancel it',
  approval: 'a step of the rollout must be approved',
};

export const explainPause = (reason: string, note: string): string =>
  `${pauseWords[reason] ?? words(reason)}${note === '' ? '' : ` (${note})`}`;

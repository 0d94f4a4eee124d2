// The script of one simulated job: the job itself, the provider's lasting habits, and events that the nth call of a kind triggers.

import type { BatchFault } from '../../emulator/faults/batch-faults.ts';
import type { OptionsInput } from '../../emulator/faults/options.ts';

/** A call of a worker to the provider. */
export const providerCalls = ['upload', 'find', 'create', 'poll', 'cancel', 'download', 'forget', 'ask'] as const;
export type ProviderCall = (typeof providerCalls)[number];

/** Files whose writing may trigger an event. */
export const writtenFiles = [
  'job.json',
  'manifest',
  'intent',
  'handle',
  'ended',
  'raw',
  'journal',
  'answers',
  'tally',
  'results',
  'report',
] as const;
export type WrittenFile = (typeof writtenFiles)[number];

export type CallKind = ProviderCall | `write ${WrittenFile}` | 'remove intent' | 'notify';

/** A batch like `wave-1/batch-0002`, a segment, or `job`; `any` counts the calls of all parts together. */
export type Part = string;

/** The moment before or after a worker's nth call of a kind, counted from 1 over all incarnations. */
export interface Moment {
  readonly part: Part;
  readonly kind: CallKind;
  readonly nth: number;
  readonly when: 'before' | 'after';
}

export type Command =
  | { readonly name: 'pause' | 'resume' | 'cancel' }
  | { readonly name: 'setBudget'; readonly usd: number | null }
  | { readonly name: 'setDeadline'; readonly change: Readonly<Record<string, string | null>> }
  | { readonly name: 'setConcurrency'; readonly concurrency: number }
  | { readonly name: 'retryFailed'; readonly reasons: readonly string[] | null }
  | { readonly name: 'cancel child'; readonly child: Part }
  // These need the real server: the one that skips time cannot reset, and does not notify a parent that its child was terminated.
  | { readonly name: 'terminate child'; readonly child: Part }
  | { readonly name: 'terminate and resume' }
  /** Resets to an earlier workflow task, given as a share of the completed ones. */
  | { readonly name: 'reset'; readonly share: number };

/** A refused call, so many times in a row. */
export interface Refusal {
  readonly status: number;
  readonly times: number;
  readonly code?: string;
  readonly retryAfter?: number;
}

export type Deed =
  /** From then on, every effect of the workers is refused, and the next incarnation begins. */
  | { readonly kind: 'death' }
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }
  /** The provider carries out the call, and its reply is lost. */
  | { readonly kind: 'lost reply'; readonly how: 'reset' | '502'; readonly times: number }
  /** A download ends early: cleanly, or with fewer bytes than declared. */
  | { readonly kind: 'cut'; readonly afterBytes: number; readonly withLength: boolean; readonly times: number }
  /** The fault of the provider batch that this create makes. */
  | { readonly kind: 'batch'; readonly fault: BatchFault };

export interface ScriptEvent {
  readonly at: Moment;
  readonly deed: Deed;
}

export interface Script {
  readonly seed: number;
  /** A name of the registry. */
  readonly vendor: string;
  readonly rows: number;
  /** The fields of the job file besides dataset, provider, model and prompt. */
  readonly job: Readonly<Record<string, unknown>>;
  readonly batchesPerSegment: number;
  /** Lasting habits of the provider. */
  readonly provider: OptionsInput;
  readonly events: readonly ScriptEvent[];
}

export const nameMoment = ({ part, kind, nth, when }: Moment): string => `${when} ${kind} ${nth} of ${part}`;

export function describeScript(script: Script): string {
  const { seed, vendor, rows, job, batchesPerSegment, provider, events } = script;
  const lines = events.map(({ at, deed }) => `  ${nameMoment(at)}: ${JSON.stringify(deed)}`);
  return [
    `seed ${seed}: ${rows} rows, ${vendor}, ${batchesPerSegment} batches a segment`,
    `  job ${JSON.stringify(job)}`,
    `  provider ${JSON.stringify(provider)}`,
    ...lines,
  ].join('\n');
}

// Turns what is known of an item into its outcome: the verdict, the reason with its message, the usage and what it cost.

import type { JobFile } from '../../domain/job.ts';
import { costOfAnswer, findPrice } from '../../domain/money/cost.ts';
import { classify, failed, type Judged, messageByReason } from '../../domain/outcome/classify.ts';
import type { ItemReason, Lane, Outcome, RawOutcome } from '../../domain/outcome/outcome.ts';
import { compileSchema } from '../../input/answer-schema.ts';
import type { DialectSettings } from '../../providers/dialects/dialect.ts';

/** What the lines of one batch are judged by. */
export interface JudgeSettings {
  readonly dialect: DialectSettings;
  readonly job: Pick<JobFile, 'policy' | 'prices'> & { readonly spec: Pick<JobFile['spec'], 'schema' | 'keep'> };
  readonly endpoint: string;
  readonly model: string;
  readonly lane: Lane;
  /** How many items a request carries, each of which gets a part of its answer. */
  readonly itemsPerRequest: number;
  /** As the results name it. */
  readonly batchId: string | null;
  readonly cancelReason: 'cancelled' | 'deadline';
}

/** A line of the provider's output that could be read. */
type ReadLine = Exclude<RawOutcome, { kind: 'unreadable' }>;

export interface Judge {
  judgeLine(line: ReadLine, flawedAttempts: number): Outcome;
  /** For an item of which there is no line to read. */
  judgeFailure(reason: ItemReason, flawedAttempts: number, detail?: string): Outcome;
}

export function createJudge({
  job,
  lane,
  model,
  cancelReason,
}: Omit<JudgeSettings, 'dialect' | 'endpoint' | 'batchId' | 'itemsPerRequest'>): Judge {
  const { spec, policy, prices } = job;
  const compiled = spec.schema === null ? null : compileSchema(spec.schema);
  const accepts = compiled?.kind === 'schema' ? compiled.accepts : null;
  const plannedPrice = findPrice(model, prices);
  return {
    judgeLine(line, flawedAttempts) {
      // A schema is for text.
      const isImages = line.kind === 'answer' && line.images !== undefined;
      const judged = classify(line, { policy, flawedAttempts, cancelReason, accepts: isImages ? null : accepts });
      if (line.kind !== 'answer') return withoutAnswer(judged, line.detail);
      // The model that was asked for may be an alias without a price.
      const price = plannedPrice ?? findPrice(line.model ?? model, prices);
      return {
        ...describe(judged),
        usage: line.usage,
        costUsd: costOfAnswer(line, lane, price),
        finishReason: line.finishReason,
        model: line.model,
        ...(spec.keep.responses ? { response: line.response } : {}),
      };
    },
    judgeFailure: (reason, flawedAttempts, detail) => withoutAnswer(failed(reason, { policy, flawedAttempts }), detail),
  };
}

/** An item that is in doubt or lost may have been billed. */
const withoutAnswer = (judged: Judged, detail?: string): Outcome => ({
  ...describe(judged),
  ...(detail === undefined ? {} : { detail }),
  usage: null,
  costUsd: judged.reason === 'in_doubt' || judged.reason === 'missing' ? null : 0,
  finishReason: null,
  model: null,
});

function describe({ kind, reason, output }: Judged): Pick<Outcome, 'kind' | 'reason' | 'message' | 'output'> {
  return {
    kind,
    ...(reason === undefined ? {} : { reason, message: messageByReason[reason] }),
    ...(output === undefined ? {} : { output }),
  };
}

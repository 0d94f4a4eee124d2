// The expected use of a realtime call before it begins, and its cost when its answer is there.

import type { JobFile, PlannedBatch } from '../../domain/job.ts';
import { costOfAnswer, estimatedTokens, estimateUsd, findPrice, findReservePrice } from '../../domain/money/cost.ts';
import { countCallTokens } from '../../domain/money/output-limit.ts';
import type { Estimate } from '../../domain/plan/batch-estimate.ts';
import type { PlannedCall } from '../../job-folder/journals.ts';
import type { Provider } from '../../providers/provider.ts';
import { countOutput, readLineLimit } from '../../threads/tasks/output-tokens.ts';

export interface Meter {
  estimate(line: Buffer): Omit<PlannedCall, 'at'>;
  /** The item that a line of output belongs to, and its cost: null if not known. Null if the line cannot be read. */
  read(answer: Buffer): { readonly customId: string; readonly costUsd: number | null } | null;
}

export function createMeter(
  provider: Provider,
  job: { readonly prices: JobFile['prices']; readonly spec: Pick<JobFile['spec'], 'strictBudget'> },
  { model, endpoint, tokenFactor = 1 }: Pick<PlannedBatch, 'model' | 'endpoint'> & Pick<Estimate, 'tokenFactor'>,
): Meter {
  const price = findPrice(model, job.prices);
  const isStrict = job.spec.strictBudget === true;
  const reservePrice = findReservePrice(model, job.prices, isStrict);
  return {
    estimate(line) {
      const sized = estimatedTokens(line.length);
      const inputTokens = Math.ceil(sized * tokenFactor);
      const limit = readLineLimit(provider, line, endpoint);
      const reserved = { inputTokens: isStrict ? sized : inputTokens, outputTokens: countOutput(job, limit, model) };
      const usd = estimateUsd(reserved, 'realtime', reservePrice);
      const tokens = countCallTokens(inputTokens, limit);
      return { tokens, nanoUsd: usd === null ? null : Math.round(usd * 1e9) };
    },
    read(answer) {
      const line = provider.decode(answer, endpoint);
      if (line.kind === 'unreadable') return null;
      const { customId } = line;
      if (line.kind !== 'answer') return { customId, costUsd: 0 };
      return { customId, costUsd: costOfAnswer(line, 'realtime', price ?? findPrice(line.model ?? model, job.prices)) };
    },
  };
}

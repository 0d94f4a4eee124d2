// How many output tokens a planned item may take. If a budget holds, an item for which this is not known refuses the job.

import type { JobFile } from '../../domain/job.ts';
import { findPrice, type Prices } from '../../domain/money/cost.ts';
import { countOutputTokens, findCap, type OutputLimit } from '../../domain/money/output-limit.ts';
import { builtInPrices } from '../../domain/money/prices.ts';
import type { Json } from '../../domain/outcome/outcome.ts';
import { JobRefused } from '../../domain/refusal.ts';
import type { Dialect } from '../../providers/dialects/dialect.ts';

/** The prices of a job of an earlier version lack the models' maxima. */
export const findOutputMax = (model: string, prices: Prices): number | undefined =>
  findPrice(model, prices)?.maxOutputTokens ?? findPrice(model, builtInPrices.models)?.maxOutputTokens;

/** The limit in the job's own template; `unread` if each row has its own limit. */
export function readTemplateLimit({ spec }: Pick<JobFile, 'spec'>, dialect: Dialect): OutputLimit | null {
  return spec.request === null ? null : dialect.outputLimit(spec.request, spec.endpoint ?? dialect.defaultEndpoint);
}

/** Null if not known. */
export const countOutput = ({ prices }: Pick<JobFile, 'prices'>, limit: OutputLimit, model: string): number | null =>
  countOutputTokens(limit, findOutputMax(model, prices));

/** For an item of a first wave whose output tokens are not known: nothing has been sent yet. */
export function requireNoCap(spec: JobFile['spec'], { field }: OutputLimit, row: number): void {
  const cap = findCap(spec);
  if (cap === null) return;
  const unknown = `the most output tokens of its model are not known, so ${cap} cannot be enforced`;
  const others = `give the model's \`maxOutputTokens\` in NIGHTSHIFT_PRICES, or leave ${cap} out`;
  const message =
    field === null
      ? `row ${row} cannot limit its output, and ${unknown}: ${others}`
      : `row ${row} names no \`${field}\`, and ${unknown}: name it, ${others}`;
  throw new JobRefused('invalid_job', [{ where: field ?? cap, message }]);
}

/** The limit in an item's line of an earlier wave. */
export function readLineLimit(dialect: Dialect, line: Buffer, endpoint: string): OutputLimit {
  const record: Json = JSON.parse(line.toString());
  const parsed = dialect.parseRequestLine(record, line);
  return dialect.outputLimit(parsed.kind === 'request' ? parsed.body : null, endpoint);
}

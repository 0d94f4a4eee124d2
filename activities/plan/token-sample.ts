// Adds up the tokens that were counted in a sample of the accepted rows, and gives each model its ratio.

import { addSampled, computeRatio, noTokens, type TokenRatio, type TokenSums } from '../../domain/money/token-ratio.ts';
import type { ManifestEntry } from '../../job-folder/plan/manifest.ts';
import type { Part } from '../../job-folder/plan/plan-parts.ts';

interface AcceptedRow {
  readonly row: number;
  readonly model: string;
  readonly inputTokens: number;
  /** As the model counts them; null if the row is not in the sample. */
  readonly sampledTokens: number | null;
}

export class TokenSample {
  readonly #byModel: Map<string, TokenSums> | null;

  /** `last` is the last part of an earlier planner; counting continues after it. */
  constructor(last: Part | undefined) {
    const isUnknown = last !== undefined && last.tokens === undefined;
    this.#byModel = isUnknown ? null : new Map(Object.entries(last?.tokens ?? {}));
  }

  /** For the next part. */
  get sums(): Pick<Part, 'tokens'> {
    return this.#byModel === null ? {} : { tokens: Object.fromEntries(this.#byModel) };
  }

  /** In the order of the rows, so that every planner comes to the same sums. */
  add({ row, model, inputTokens, sampledTokens }: AcceptedRow): void {
    if (sampledTokens === null || this.#byModel === null) return;
    this.#byModel.set(model, addSampled(this.#byModel.get(model) ?? noTokens, row, sampledTokens, inputTokens));
  }

  /** By the batches of all items. */
  computeRatios(entries: readonly Pick<ManifestEntry, 'model' | 'items'>[]): readonly TokenRatio[] {
    const items = new Map<string, number>();
    for (const entry of entries) items.set(entry.model, (items.get(entry.model) ?? 0) + entry.items);
    return [...(this.#byModel ?? [])].flatMap(
      ([model, sums]) => computeRatio(model, items.get(model) ?? 0, sums) ?? [],
    );
  }
}

// The tokens of an answer in the same words for all vendors, and their sums.

/** Tokens of one answer. Null means that the provider did not report them. `input` includes cached tokens. */
export interface Usage {
  readonly input: number | null;
  readonly cachedInput: number | null;
  readonly cacheWrite: number | null;
  /** Those of `cacheWrite` that are kept for an hour, which costs more; absent if the provider reports none. */
  readonly cacheWrite1h?: number;
  /** Those of `input` that are of images, where the model makes images; absent if the provider reports none. */
  readonly imageInput?: number;
  readonly output: number | null;
  readonly reasoning: number | null;
}

export const noUsage: Usage = { input: null, cachedInput: null, cacheWrite: null, output: null, reasoning: null };

/** A sum is over what is known; it is null only if nothing is known. */
export function addUsage(a: Usage, b: Usage): Usage {
  const cacheWrite1h = plus(a.cacheWrite1h ?? null, b.cacheWrite1h ?? null);
  const imageInput = plus(a.imageInput ?? null, b.imageInput ?? null);
  return {
    input: plus(a.input, b.input),
    cachedInput: plus(a.cachedInput, b.cachedInput),
    cacheWrite: plus(a.cacheWrite, b.cacheWrite),
    ...(cacheWrite1h === null ? {} : { cacheWrite1h }),
    ...(imageInput === null ? {} : { imageInput }),
    output: plus(a.output, b.output),
    reasoning: plus(a.reasoning, b.reasoning),
  };
}

export function plus(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : a + b;
}

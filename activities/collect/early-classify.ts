// Classifies an output while it is downloaded. It only saves the pass over the stored output: if anything is in its way, nothing is written, and
// `classify` reads the stored output.

import { CancelledFailure, log } from '@temporalio/activity';
import type { LineCounts, Reading } from '../../domain/batch/evidence.ts';
import type { JobFile } from '../../domain/job.ts';
import { readTally } from '../../job-folder/tallies.ts';
import { countTally } from '../metrics.ts';
import type { ClassifyInput } from './classify-input.ts';
import { type JudgeDeps, type Judgement, openJudgement } from './judgement.ts';

/** Null if there is nothing to save: the batch has other outputs too, or has its answers already. */
export async function openEarly(
  deps: JudgeDeps,
  job: JobFile,
  input: ClassifyInput | undefined,
): Promise<EarlyClassify | null> {
  if (input === undefined || (await readTally(deps.store, input)) !== null) return null;
  const judgement = await openJudgement(deps, job, input);
  judgement.lines.begin();
  return new EarlyClassify(judgement, job.spec.provider, input);
}

export class EarlyClassify {
  readonly #judgement: Judgement;
  readonly #provider: string;
  readonly #input: ClassifyInput;
  #isGivenUp = false;

  constructor(judgement: Judgement, provider: string, input: ClassifyInput) {
    this.#judgement = judgement;
    this.#provider = provider;
    this.#input = input;
  }

  /** Never fails. */
  async push(chunk: Uint8Array): Promise<void> {
    await this.#attempt(() => this.#judgement.lines.push(chunk));
  }

  giveUp(): void {
    this.#isGivenUp = true;
  }

  /** Call it when the reading is recorded: answers must not be there before the evidence that they rest on. Fails only if cancelled. */
  async settle(reading: Reading): Promise<void> {
    await this.#attempt(async () => {
      const counts = await this.#judgement.lines.end(reading.whole === true);
      await this.#write(reading, counts);
    });
  }

  close(): void {
    this.#judgement.close();
  }

  async #write(reading: Reading, counts: LineCounts): Promise<void> {
    const input = { ...this.#input, batches: this.#input.batches.map((batch) => ({ ...batch, reading })) };
    const result = await this.#judgement.settle(input, await this.#judgement.proveRead(input, counts));
    if (result.kind === 'tally') countTally(this.#provider, result.tally);
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.#isGivenUp) return;
    try {
      await work();
    } catch (error) {
      if (error instanceof CancelledFailure) throw error;
      this.#isGivenUp = true;
      // The name only: a message may quote what a provider sent.
      log.warn('the output is classified after its download', {
        error: error instanceof Error ? error.name : 'unknown',
      });
    }
  }
}

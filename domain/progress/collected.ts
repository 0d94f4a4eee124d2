// The batches of a job in the order in which their answers came to disk. Each has a number, from 1, by which readers ask for what is new.

/** A wave and a batch. */
export type CollectedBatch = readonly [wave: number, batch: number];

/** A run of the workflow, and the first number that it gave. After a reset, the numbers from there on may mean other batches. */
type NumberingRun = readonly [first: number, run: string];

export interface CollectedPage {
  /** How many batches have a number. */
  readonly total: number;
  /** The batches after the number that was asked for. */
  readonly batches: readonly CollectedBatch[];
  readonly runs: readonly NumberingRun[];
}

/** What a job carries over when it continues as new: two to five characters for each batch. */
export interface CarriedLog {
  readonly text: string;
  readonly runs: readonly NumberingRun[];
}

/** Bounds what a job carries over. The answers of further batches are in the results alone. */
const collectedMax = 8_000;

export class CollectedLog {
  readonly #batches: CollectedBatch[];
  readonly #known: Set<string>;
  readonly #runs: NumberingRun[];
  readonly #run: string;
  #taken = 0;

  constructor(run: string, carried: CarriedLog = { text: '', runs: [] }) {
    this.#run = run;
    this.#batches = decode(carried.text);
    this.#known = new Set(this.#batches.map(([wave, batch]) => `${wave}/${batch}`));
    this.#runs = [...carried.runs];
  }

  /** A batch that has a number keeps it. */
  add(wave: number, batch: number): void {
    const name = `${wave}/${batch}`;
    if (this.#known.has(name) || this.#batches.length >= collectedMax) return;
    this.#known.add(name);
    this.#batches.push([wave, batch]);
    if (this.#runs.at(-1)?.[1] !== this.#run) this.#runs.push([this.#batches.length, this.#run]);
  }

  get size(): number {
    return this.#batches.length;
  }

  list(after: number, max: number): CollectedPage {
    return {
      total: this.#batches.length,
      batches: this.#batches.slice(after, after + max),
      runs: this.#runs,
    };
  }

  /** Those that were added since the last call. */
  takeNew(): readonly CollectedBatch[] {
    const from = this.#taken;
    this.#taken = this.#batches.length;
    return this.#batches.slice(from);
  }

  carry(): CarriedLog {
    return { text: encode(this.#batches), runs: this.#runs };
  }
}

/** The run that gave a number; null if none has given it. */
export function findNumberingRun({ total, runs }: CollectedPage, number: number): string | null {
  if (number < 1 || number > total) return null;
  return runs.findLast(([first]) => first <= number)?.[1] ?? null;
}

const digits = 36;

/** Batches are mostly collected in the order of the plan, so differences are short. */
function encode(batches: readonly CollectedBatch[]): string {
  let last = 0;
  let text = '';
  for (const [index, [wave, batch]] of batches.entries()) {
    const isNew = batches[index - 1]?.[0] !== wave;
    if (isNew) last = 0;
    text += isNew ? `${index === 0 ? '' : ';'}${wave}:` : ',';
    text += (batch - last).toString(digits);
    last = batch;
  }
  return text;
}

function decode(text: string): CollectedBatch[] {
  if (text === '') return [];
  return text.split(';').flatMap((part) => {
    const [wave = '', steps = ''] = part.split(':');
    let batch = 0;
    return steps.split(',').map((step): CollectedBatch => {
      batch += Number.parseInt(step, digits);
      return [Number(wave), batch];
    });
  });
}

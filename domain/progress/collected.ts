// The batches of a job in the order in which their answers came to disk, and the chunks of those that are in the realtime lane. Each has a number,
// from 1, by which readers ask for what is new.

/** A wave and a batch. A chunk has the place of its last item too, counted from 1. */
export type CollectedEntry = readonly [wave: number, batch: number, to?: number];

/** A run of the workflow, and the first number that it gave. After a reset, the numbers from there on may mean other entries. */
type NumberingRun = readonly [first: number, run: string];

export interface CollectedPage {
  /** How many entries have a number. */
  readonly total: number;
  /** The entries after the number that was asked for. */
  readonly batches: readonly CollectedEntry[];
  readonly runs: readonly NumberingRun[];
}

/** What a segment tells its job of one wave. */
export interface CollectedNews {
  /** The batches collected since its last news. The segment's end has those whose news was lost. */
  readonly collected?: readonly number[];
  /** The chunks since its last news, each with its batch and its last place. */
  readonly chunks?: readonly (readonly [batch: number, to: number])[];
}

/** What a job carries over when it continues as new: two to five characters for each entry. */
export interface CarriedLog {
  readonly text: string;
  readonly runs: readonly NumberingRun[];
}

/** Bounds what a job carries over. The answers of further batches are in the results alone. */
const collectedMax = 40_000;
/** The answers of further chunks come with their batch: chunks must leave numbers for batches. */
const chunksMax = 32_000;

export class CollectedLog {
  readonly #entries: CollectedEntry[];
  /** Batches that have their own number, and will have no further chunk. */
  readonly #known: Set<string>;
  /** The last place of each batch's chunks. */
  readonly #reached = new Reached();
  readonly #runs: NumberingRun[];
  readonly #run: string;
  #chunks: number;
  #taken = 0;

  constructor(run: string, carried: CarriedLog = { text: '', runs: [] }) {
    this.#run = run;
    this.#entries = decode(carried.text);
    const [chunks, batches] = [this.#entries.filter(isChunk), this.#entries.filter((entry) => !isChunk(entry))];
    this.#known = new Set(batches.map(nameBatch));
    for (const chunk of chunks) this.#reached.take(chunk);
    this.#chunks = chunks.length;
    this.#runs = [...carried.runs];
  }

  /** A batch that has a number keeps it. */
  add(wave: number, batch: number): void {
    const entry = [wave, batch] as const;
    if (this.#known.has(nameBatch(entry)) || this.#entries.length >= collectedMax) return;
    this.#known.add(nameBatch(entry));
    this.#number(entry);
  }

  /** The answers of a batch can be read up to a place. Nothing is added if that is known, or if all of its answers can be read. */
  addChunk(wave: number, batch: number, to: number): void {
    const entry = [wave, batch, to] as const;
    if (this.#known.has(nameBatch(entry)) || to <= this.#reached.find(entry)) return;
    if (this.#chunks >= chunksMax || this.#entries.length >= collectedMax) return;
    this.#chunks += 1;
    this.#reached.take(entry);
    this.#number(entry);
  }

  get size(): number {
    return this.#entries.length;
  }

  list(after: number, max: number): CollectedPage {
    return {
      total: this.#entries.length,
      batches: this.#entries.slice(after, after + max),
      runs: this.#runs,
    };
  }

  /** What was added since the last call. */
  takeNews(): CollectedNews {
    const fresh = this.#entries.slice(this.#taken);
    this.#taken = this.#entries.length;
    const chunks = fresh.flatMap(([, batch, to]) => (to === undefined ? [] : [[batch, to] as const]));
    return {
      collected: fresh.flatMap(([, batch, to]) => (to === undefined ? [batch] : [])),
      ...(chunks.length === 0 ? {} : { chunks }),
    };
  }

  addNews(wave: number, { collected = [], chunks = [] }: CollectedNews): void {
    for (const [batch, to] of chunks) this.addChunk(wave, batch, to);
    for (const batch of collected) this.add(wave, batch);
  }

  carry(): CarriedLog {
    return { text: encode(this.#entries), runs: this.#runs };
  }

  #number(entry: CollectedEntry): void {
    this.#entries.push(entry);
    if (this.#runs.at(-1)?.[1] !== this.#run) this.#runs.push([this.#entries.length, this.#run]);
  }
}

/** How far the chunks of each batch reach. Entries are taken in the order of their numbers. */
export class Reached {
  readonly #places = new Map<string, number>();

  /** 0 before the batch's first chunk. */
  find(entry: CollectedEntry): number {
    return this.#places.get(nameBatch(entry)) ?? 0;
  }

  /** Returns the place after which the entry's items begin. */
  take(entry: CollectedEntry): number {
    const from = this.find(entry);
    if (entry[2] !== undefined) this.#places.set(nameBatch(entry), entry[2]);
    return from;
  }
}

/** The run that gave a number; null if none has given it. */
export function findNumberingRun({ total, runs }: CollectedPage, number: number): string | null {
  if (number < 1 || number > total) return null;
  return runs.findLast(([first]) => first <= number)?.[1] ?? null;
}

const nameBatch = ([wave, batch]: CollectedEntry): string => `${wave}/${batch}`;
const isChunk = ([, , to]: CollectedEntry): boolean => to !== undefined;

const digits = 36;

/**
 * Batches are mostly collected in the order of the plan, so differences are short: `1:3,1` are batches 3 and 4 of wave 1. A chunk has its size
 * too: `1:3+dw,+dw,0` are two chunks of 500 items of batch 3, and then the batch.
 */
function encode(entries: readonly CollectedEntry[]): string {
  const reached = new Reached();
  let last = 0;
  let text = '';
  for (const [index, entry] of entries.entries()) {
    const [wave, batch, to] = entry;
    const isNew = entries[index - 1]?.[0] !== wave;
    if (isNew) last = 0;
    const step = (batch - last).toString(digits);
    const size = to === undefined ? null : (to - reached.take(entry)).toString(digits);
    text += isNew ? `${index === 0 ? '' : ';'}${wave}:` : ',';
    text += size === null ? step : `${batch === last ? '' : step}+${size}`;
    last = batch;
  }
  return text;
}

function decode(text: string): CollectedEntry[] {
  if (text === '') return [];
  const reached = new Reached();
  return text.split(';').flatMap((part) => {
    const [first = '', steps = ''] = part.split(':');
    const wave = Number(first);
    let batch = 0;
    return steps.split(',').map((each): CollectedEntry => {
      const [step = '', size] = each.split('+');
      batch += step === '' ? 0 : Number.parseInt(step, digits);
      if (size === undefined) return [wave, batch];
      const chunk = [wave, batch, reached.find([wave, batch]) + Number.parseInt(size, digits)] as const;
      reached.take(chunk);
      return chunk;
    });
  });
}

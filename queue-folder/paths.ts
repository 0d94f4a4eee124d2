// Every path that a queue writes, under its output. docs/queues.md describes each file.

const flushDigits = 6;
const padFlush = (flush: number): string => String(flush).padStart(flushDigits, '0');

/** The claim, and the resolved queue. */
export const queueFile = (output: string): string => `${output}queue.json`;

/** What waits: one file for each delivery. */
export const deliveriesFolder = (output: string): string => `${output}deliveries/`;
export const deliveryFile = (output: string, name: string): string => `${deliveriesFolder(output)}${name}.jsonl`;
export const parseDeliveryFile = (uri: string): string => uri.slice(uri.lastIndexOf('/') + 1).replace(/\.jsonl$/, '');

/** What became of the deliveries. */
export const flushesFolder = (output: string): string => `${output}flushes/`;
const flushPath = (output: string, flush: number): string => `${flushesFolder(output)}flush-${padFlush(flush)}`;
/** The deliveries that the flush takes. Written first, so that every attempt takes the same ones. */
export const takenFile = (output: string, flush: number): string => `${flushPath(output, flush)}.taken.json`;
/** The items, each once. */
export const rowsFile = (output: string, flush: number): string => `${flushPath(output, flush)}.rows.jsonl`;
/** The job that a person could have written. */
export const flushJobFile = (output: string, flush: number): string => `${flushPath(output, flush)}.job.json`;
/** The counts. Written last: if it exists, the flush is sealed, and its deliveries may go. */
export const sealedFile = (output: string, flush: number): string => `${flushPath(output, flush)}.sealed.json`;
/** The number of the flush that a file belongs to; null if it belongs to none. */
export function parseFlushFile(uri: string): number | null {
  const [, flush] = /\/flush-(\d+)\.taken\.json$/.exec(uri) ?? [];
  return flush === undefined ? null : Number(flush);
}

/** The ids of the items of a flush, for as long as they are remembered. The name says when the flush was sealed and how many there are. */
export const idsFolder = (output: string): string => `${output}ids/`;
export const idsFile = (output: string, { flush, at, items }: IdsFile): string =>
  `${idsFolder(output)}${padFlush(flush)}-${at}-${items}.ids`;
export interface IdsFile {
  readonly flush: number;
  readonly at: number;
  readonly items: number;
}
export function parseIdsFile(uri: string): IdsFile | null {
  const [, flush, at, items] = /\/(\d+)-(\d+)-(\d+)\.ids$/.exec(uri) ?? [];
  return flush === undefined ? null : { flush: Number(flush), at: Number(at), items: Number(items) };
}

/** The output of the job of a flush. */
export const resultsFolder = (output: string, flush: number): string => `${output}results/flush-${padFlush(flush)}/`;

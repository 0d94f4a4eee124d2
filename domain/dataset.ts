// What a dataset is named by: one path, a pattern that may match several files, or a list of both; and the formats of its files.

export const datasetFormats = ['jsonl', 'csv', 'parquet'] as const;
export type DatasetFormat = (typeof datasetFormats)[number];

export type DatasetUri = string | readonly string[];

/** `*` stands for any characters of a name, and `**` for any folders. */
export const isPattern = (uri: string): boolean => uri.includes('*');

/** Whether the dataset is one file, whatever is there. */
export const isOneFile = (uri: DatasetUri): uri is string => typeof uri === 'string' && !isPattern(uri);

export const listUris = (uri: DatasetUri): readonly string[] => (typeof uri === 'string' ? [uri] : uri);

/** For messages. */
export const describeUri = (uri: DatasetUri): string => listUris(uri).join(', ');

export function matchesPattern(pattern: string, uri: string): boolean {
  const parts = pattern
    .split(/(\*\*\/|\*)/)
    .map((part) => wildcards[part] ?? part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('')}$`, 's').test(uri);
}

const wildcards: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '*': '[^/]*' };

/** The formats that the names of the files say, each once; undefined for names that say none. */
export function findFormats(uri: DatasetUri): readonly (DatasetFormat | undefined)[] {
  return [...new Set(listUris(uri).map(findFormat))];
}

function findFormat(uri: string): DatasetFormat | undefined {
  const extension = /\.([a-z]+)(?:\.(?:gz|zst))?$/i.exec(uri)?.[1]?.toLowerCase() ?? '';
  return formatOf.get(extension);
}

const formatOf: ReadonlyMap<string, DatasetFormat> = new Map([
  ['jsonl', 'jsonl'],
  ['ndjson', 'jsonl'],
  ['csv', 'csv'],
  ['tsv', 'csv'],
  ['parquet', 'parquet'],
]);

/** By a name of the Encoding Standard. */
export function isKnownEncoding(name: string): boolean {
  try {
    return new TextDecoder(name) !== null;
  } catch {
    return false;
  }
}

// The columns of a job's results as a table, the same for every job.

import type { ResultLine } from './merge.ts';
import type { Json } from './outcome.ts';
import type { Usage } from './usage.ts';

export type ColumnType = 'text' | 'whole' | 'number';
export type Cell = string | number | null;

export interface ResultColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly read: (result: ResultLine) => Cell;
}

const plain = (name: keyof ResultLine, type: ColumnType): ResultColumn => {
  return { name, type, read: (result) => (result[name] ?? null) as Cell };
};
/** Text as it is; anything else as JSON text. */
const json = (name: 'id' | 'output' | 'response'): ResultColumn => {
  return { name, type: 'text', read: (result) => asText(result[name] ?? null) };
};
const tokens = (name: string, kind: Exclude<keyof Usage, 'cacheWrite1h' | 'imageInput'>): ResultColumn => {
  return { name, type: 'whole', read: ({ usage }) => usage?.[kind] ?? null };
};

const asText = (value: Json): string | null =>
  value === null || typeof value === 'string' ? value : JSON.stringify(value);

export const resultColumns: readonly ResultColumn[] = [
  plain('row', 'whole'),
  json('id'),
  plain('status', 'text'),
  json('output'),
  plain('reason', 'text'),
  plain('message', 'text'),
  plain('detail', 'text'),
  plain('finishReason', 'text'),
  plain('model', 'text'),
  plain('lane', 'text'),
  plain('attempts', 'whole'),
  plain('costUsd', 'number'),
  tokens('inputTokens', 'input'),
  tokens('cachedInputTokens', 'cachedInput'),
  tokens('cacheWriteTokens', 'cacheWrite'),
  tokens('outputTokens', 'output'),
  tokens('reasoningTokens', 'reasoning'),
  plain('batchId', 'text'),
  plain('key', 'text'),
  plain('customId', 'text'),
  plain('sameAs', 'whole'),
  json('response'),
];

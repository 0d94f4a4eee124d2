// Generated images as outputs name them: an image is a file of its own, and no line ever holds its bytes.

import type { Json } from './outcome.ts';

/** What a result has in place of an image. */
export type ImageReference = {
  /** Below the output of the job that made the image. */
  readonly file: string;
  readonly mediaType: string;
  readonly bytes: number;
  /** That job's output, if it is another job's and `reuse` carried the result over. */
  readonly folder?: string;
};

/** A custom id names one attempt at one item, so no other answer has the same file names. */
export const nameImage = (customId: string, index: number, extension: string): string =>
  `${startOfNames(customId)}${index}.${extension}`;

/** How the names of all images of an answer begin. */
export const startOfNames = (customId: string): string => `files/${customId}-`;

/** Members of a response or an output that hold lists with images. */
export const listsOfImages = ['data', 'output', 'images'] as const;

/** An output or a response with the folder added to each reference that has none. */
export function addFolder(value: Json, customId: string, folder: string): Json {
  if (Array.isArray(value)) return value.map((each) => addFolder(each, customId, folder));
  if (typeof value !== 'object' || value === null) return value;
  const { file, folder: known } = value;
  const isReference = typeof file === 'string' && file.startsWith(startOfNames(customId));
  if (isReference) return known === undefined ? { ...value, folder } : value;
  const lists = listsOfImages.flatMap((name) =>
    Array.isArray(value[name]) ? [[name, addFolder(value[name], customId, folder)]] : [],
  );
  return lists.length === 0 ? value : { ...value, ...Object.fromEntries(lists) };
}

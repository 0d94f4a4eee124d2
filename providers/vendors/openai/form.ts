// The form of the calls about batches. OpenAI's own is the default; a provider whose calls differ gives another one, and shares all the rest.

import type { Submission } from '../../provider.ts';
import type { Shape } from '../../transport/call.ts';
import { type Listed, type Page, readNext } from '../../transport/list-pages.ts';
import { type BatchWire, batchPageWire, batchWire } from './wire.ts';

/** The metadata field that holds a batch's submission key. */
export const metadataKey = 'nightshift';

/** One page of the list of batches, before its entries are read. */
export interface ListPage extends Pick<Page<Listed>, 'next' | 'more'> {
  readonly data: readonly unknown[];
}

/** What a create is made from. */
export interface CreateFacts extends Pick<Submission, 'endpoint' | 'key' | 'model'> {
  readonly fileId: string;
}

export interface BatchForm {
  /** Where batches lie, below the base URL. */
  readonly path: string;
  /** Follows a batch's own address in the call that cancels it. */
  readonly cancelSuffix: '/cancel' | ':cancel';
  /** Reads a batch object into OpenAI's form. */
  readonly object: Shape<BatchWire>;
  readonly pageQuery: (after: string | null, limit: number) => Readonly<Record<string, string | number>>;
  /** Reads a page; `after` is the cursor with which it was requested. */
  readonly page: (after: string | null) => Shape<ListPage>;
  /** Null where the create has OpenAI's fields. */
  readonly createBody: ((facts: CreateFacts) => Readonly<Record<string, unknown>>) | null;
}

/** The form of the list of files. */
export interface FileListForm extends Pick<BatchForm, 'page'> {
  readonly pageQuery: (after: string | null) => Readonly<Record<string, string | number>>;
}

const openaiPage = batchPageWire.transform(
  ({ data, has_more: hasMore }): ListPage => ({ data, ...readNext(data, hasMore) }),
);

export const openaiForm: BatchForm = {
  path: '/batches',
  cancelSuffix: '/cancel',
  object: batchWire,
  pageQuery: (after, limit) => ({ limit, ...(after === null ? {} : { after }) }),
  page: () => openaiPage,
  createBody: null,
};

/** Without a limit, OpenAI lists 10,000 files on a page. Other servers may not take as many. */
export const openaiFileList: FileListForm = {
  pageQuery: (after) => (after === null ? {} : { after }),
  page: () => openaiPage,
};

// What messages ask for by the parts of their content, such as images.

import type { Need } from '../../domain/request/needs.ts';
import { asObjects, type Fields } from '../json-fields.ts';

/** By the `type` of a part. */
export type NeedByType = Readonly<Record<string, Need>>;

/** A content that is text, or still a template, asks for nothing. */
export const findPartNeeds = (messages: readonly Fields[], needByType: NeedByType): Need[] =>
  messages
    .flatMap(({ content }) => asObjects(content))
    .flatMap(({ type }) => (typeof type === 'string' ? (needByType[type] ?? []) : []));

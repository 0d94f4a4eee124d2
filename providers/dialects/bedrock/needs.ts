// What a request of the Converse API asks for beyond text.

import type { Json } from '../../../domain/outcome/outcome.ts';
import type { Need } from '../../../domain/request/needs.ts';
import { asFields, asObjects } from '../../json-fields.ts';

/** A block of a message is known by its only member. */
const needByBlock: readonly (readonly [member: string, need: Need])[] = [
  ['image', 'images'],
  ['document', 'documents'],
  ['audio', 'audio'],
];

export function findNeeds(body: Json): readonly Need[] {
  const fields = asFields(body);
  if (fields === null) return [];
  const blocks = asObjects(fields.messages).flatMap(({ content }) => asObjects(content));
  return [
    ...(fields.toolConfig === undefined ? [] : (['tools'] as const)),
    ...(asFields(fields.outputConfig)?.textFormat === undefined ? [] : (['schema'] as const)),
    ...needByBlock.filter(([member]) => blocks.some((block) => block[member] !== undefined)).map(([, need]) => need),
  ];
}

// What a request of Anthropic's form asks for beyond text.

import type { Json } from '../../../domain/outcome/outcome.ts';
import type { Need } from '../../../domain/request/needs.ts';
import { asFields, asList, asObjects } from '../../json-fields.ts';
import { findPartNeeds, type NeedByType } from '../part-needs.ts';

const needByBlock: NeedByType = { image: 'images', document: 'documents' };

export function findNeeds(body: Json): readonly Need[] {
  const fields = asFields(body);
  if (fields === null) return [];
  const found = new Set<Need>();
  if (asList(fields.tools).length > 0) found.add('tools');
  if (asFields(fields.output_config)?.format !== undefined) found.add('schema');
  return [...new Set([...found, ...findPartNeeds(asObjects(fields.messages), needByBlock)])];
}

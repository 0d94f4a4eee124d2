// What a request of OpenAI's form asks for beyond text.

import type { Json } from '../../../domain/outcome/outcome.ts';
import type { Need } from '../../../domain/request/needs.ts';
import { asFields, asList, asObjects } from '../../json-fields.ts';
import { findPartNeeds, type NeedByType } from '../part-needs.ts';

/** The chat endpoint and the responses endpoint have names of their own for the same parts. */
const needByPart: NeedByType = {
  image_url: 'images',
  input_image: 'images',
  file: 'documents',
  input_file: 'documents',
  input_audio: 'audio',
};

export function findNeeds(body: Json): readonly Need[] {
  const fields = asFields(body);
  if (fields === null) return [];
  const found = new Set<Need>();
  if (asList(fields.tools).length > 0) found.add('tools');
  const format = asFields(fields.response_format) ?? asFields(asFields(fields.text)?.format);
  if (format?.type === 'json_schema') found.add('schema');
  if (asList(fields.modalities).includes('audio')) found.add('audio');
  const messages = [...asObjects(fields.messages), ...asObjects(fields.input)];
  return [...new Set([...found, ...findPartNeeds(messages, needByPart)])];
}

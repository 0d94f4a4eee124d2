// What a request of Gemini's form asks for beyond text.

import type { Json } from '../../../domain/outcome/outcome.ts';
import type { Need } from '../../../domain/request/needs.ts';
import { asFields, asList, asObjects, asText, type Fields } from '../../json-fields.ts';

/** The kind of a part's data is known by the beginning of its media type. */
const needByMedia: readonly (readonly [beginning: string, need: Need])[] = [
  ['image/', 'images'],
  ['audio/', 'audio'],
  ['application/pdf', 'documents'],
];

/** The vendor takes names in either case. */
export function findNeeds(body: Json): readonly Need[] {
  const fields = asFields(body);
  if (fields === null) return [];
  const found = new Set<Need>();
  if (asList(fields.tools).length > 0) found.add('tools');
  if (hasSchema(asFields(fields.generationConfig ?? fields.generation_config) ?? {})) found.add('schema');
  for (const { parts } of [...asObjects(fields.contents), ...asObjects([fields.content])]) {
    for (const part of asObjects(parts)) {
      const need = findMedia(part);
      if (need !== undefined) found.add(need);
    }
  }
  return [...found];
}

const hasSchema = (config: Fields): boolean =>
  ['responseSchema', 'response_schema', 'responseJsonSchema', 'response_json_schema'].some((name) => name in config);

function findMedia({ inlineData, inline_data, fileData, file_data }: Fields): Need | undefined {
  const data = asFields(inlineData ?? inline_data ?? fileData ?? file_data);
  const type = asText(data?.mimeType) ?? asText(data?.mime_type) ?? '';
  return needByMedia.find(([beginning]) => type.startsWith(beginning))?.[1];
}

// The older form of a single call for an embedding, which one model has next to the usual form of its rows in batches.

import { asFields, asList, asObjects, asText, type Fields, parsedFields } from '../../json-fields.ts';

export const isPredictModel = (model: string): boolean => model === 'gemini-embedding-001';

/** The body of the call, from that of a row. */
export function toInstance(body: string): string {
  const { content, embedContentConfig } = parsedFields(body) ?? {};
  const { taskType, title, ...parameters } = asFields(embedContentConfig) ?? {};
  const texts = asObjects(asFields(content)?.parts).flatMap(({ text }) => asText(text) ?? []);
  const instance = { content: texts.join(''), task_type: taskType, title };
  return JSON.stringify({ instances: [instance], parameters });
}

/** The response that a batch would have. */
export function fromPrediction({ predictions }: Fields): Fields {
  const embeddings = asFields(asFields(asList(predictions)[0])?.embeddings);
  const { token_count: promptTokenCount } = asFields(embeddings?.statistics) ?? {};
  return { embedding: { values: embeddings?.values }, usageMetadata: { promptTokenCount } };
}

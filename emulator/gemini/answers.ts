// Gemini response bodies as JSON text. Templates rather than objects: this runs once per item of a million.
import { answerText, countTokens, type Item } from '../answers/answer.ts';
import { outcomes } from '../answers/outcome.ts';
import { usageMember } from '../answers/usage.ts';
import type { Options } from '../faults/options.ts';
import { makeVector } from '../openai/vectors.ts';
import { asList, asObject, asText, isObject } from '../server/json.ts';
import { hex16 } from '../world/hash.ts';

export type Method = 'generateContent' | 'embedContent';

const dimensionsDefault = 768;

export const geminiBody = (method: string, item: Item, options: Options): string =>
  method === 'embedContent' ? embeddingBody(item) : answerBody(item, options);

/** A blocked prompt has no candidates, and counts of 0 are left out. */
function answerBody(item: Item, options: Options): string {
  const text = answerText(item, options);
  const isBlocked = item.outcome === outcomes.refused;
  const output = isBlocked ? 0 : countTokens(text);
  const parts = text === '' ? '' : `"parts":[{"text":${JSON.stringify(text)}}],`;
  const finish = item.outcome === outcomes.truncated ? 'MAX_TOKENS' : 'STOP';
  const content = isBlocked
    ? '"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}'
    : `"candidates":[{"content":{${parts}"role":"model"},"finishReason":"${finish}","index":0}]`;
  const written = output === 0 ? '' : `"candidatesTokenCount":${output},`;
  const usage = `{"promptTokenCount":${item.tokens},${written}"totalTokenCount":${item.tokens + output}}`;
  const model = JSON.stringify(item.model);
  return `{${content}${usageMember(item, options, usage, 'usageMetadata')},"modelVersion":${model},"responseId":"${hex16(item.hash)}"}`;
}

function embeddingBody(item: Item): string {
  const { content, outputDimensionality, output_dimensionality, embedContentConfig } = item.body();
  const texts = asList(asObject(content).parts).filter(isObject);
  const asked = outputDimensionality ?? output_dimensionality ?? asObject(embedContentConfig).outputDimensionality;
  const dimensions = typeof asked === 'number' ? asked : dimensionsDefault;
  const values = [...makeVector(texts.map(({ text }) => asText(text)).join(''), dimensions)];
  return JSON.stringify({ embedding: { values }, tokenCount: String(item.tokens) });
}

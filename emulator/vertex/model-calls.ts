// Vertex AI's synchronous calls and its descriptions of models.
import { isKnownModel } from '../answers/models.ts';
import { runSync } from '../answers/sync-lane.ts';
import { messageBody } from '../anthropic/answers.ts';
import { geminiBody } from '../gemini/answers.ts';
import { itemProblem } from '../gemini/result-lines.ts';
import type { Handler } from '../server/call.ts';
import { asList, asObject } from '../server/json.ts';
import { json, jsonText, type Refused, refuse } from '../server/reply.ts';
import { geminiMethod, isClaude, rowDefect } from './scan.ts';

export const vertexCall: Handler = async (world, call) => {
  const { options } = world;
  if (!isKnownModel('vertex', options.current, call.id)) throw unknownModel(call.id);
  const defect = rowDefect(call.body, call.id);
  if (defect !== null) throw refuse(400, defect);
  const item = { ...(await runSync(world, call, itemProblem)), model: call.id };
  const { current } = options;
  return jsonText(isClaude(call.id) ? messageBody(item, current) : geminiBody(geminiMethod(call.id), item, current));
};

/** Counts as the call that a row in a batch would be. */
export const vertexPredict: Handler = async (world, call) => {
  const { options } = world;
  if (!isKnownModel('vertex', options.current, call.id)) throw unknownModel(call.id);
  const [instance, ...others] = asList(call.body.instances).map(asObject);
  if (instance === undefined || others.length > 0) throw refuse(400, 'batchSize must be 1');
  const config = { taskType: instance.task_type, title: instance.title, ...asObject(call.body.parameters) };
  const given = Object.entries(config).filter(([, value]) => value !== undefined);
  const content = { parts: [{ text: instance.content }] };
  const body = { content, ...(given.length === 0 ? {} : { embedContentConfig: Object.fromEntries(given) }) };
  const item = { ...(await runSync(world, { ...call, body }, itemProblem)), model: call.id };
  const { embedding, tokenCount } = JSON.parse(geminiBody('embedContent', item, options.current));
  const statistics = { token_count: Number(tokenCount), truncated: false };
  return json({ predictions: [{ embeddings: { ...embedding, statistics } }] });
};

export const retrieveVertexModel: Handler = ({ options }, { id }) => {
  if (!isKnownModel('vertex', options.current, id)) throw unknownModel(id);
  return json({ name: `publishers/${isClaude(id) ? 'anthropic' : 'google'}/models/${id}`, versionId: 'default' });
};

export const unknownModel = (name: string): Refused =>
  refuse(404, `Publisher model ${name} was not found, or your project does not have access to it.`);

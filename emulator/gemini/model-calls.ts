// Gemini's synchronous calls and its list of models.
import { isKnownModel, modelNames } from '../answers/models.ts';
import { runSync } from '../answers/sync-lane.ts';
import type { Handler } from '../server/call.ts';
import { json, jsonText, type Refused, refuse } from '../server/reply.ts';
import { geminiBody, type Method } from './answers.ts';
import { pageOf } from './page.ts';
import { itemProblem } from './result-lines.ts';
import { findDefect } from './scan.ts';

const modelCall =
  (method: Method): Handler =>
  async (world, call) => {
    const { options } = world;
    if (!isKnownModel('gemini', options.current, call.id)) throw unknownModel(call.id);
    const defect = findDefect(call.body, method);
    if (defect !== null) throw refuse(400, defect);
    const item = await runSync(world, call, itemProblem);
    return jsonText(geminiBody(method, { ...item, model: call.id }, options.current));
  };

export const generateCall = modelCall('generateContent');
export const embedCall = modelCall('embedContent');

export const listGeminiModels: Handler = ({ options }, { query }) => {
  const names = modelNames('gemini', options.current);
  const { page, nextPageToken } = pageOf(names, query, { fallback: 50, max: 1000 });
  return json({ models: page.map(modelObject), ...nextPageToken });
};

export const retrieveGeminiModel: Handler = ({ options }, { id }) => {
  if (!isKnownModel('gemini', options.current, id)) throw unknownModel(id);
  return json(modelObject(id));
};

const modelObject = (id: string) => ({
  name: `models/${id}`,
  version: '001',
  displayName: id,
  inputTokenLimit: 1_048_576,
  outputTokenLimit: 65_536,
  supportedGenerationMethods: ['generateContent', 'countTokens', 'batchGenerateContent'],
});

export const unknownModel = (name: string): Refused =>
  refuse(404, `models/${name} is not found for API version v1beta, or is not supported for this method.`);

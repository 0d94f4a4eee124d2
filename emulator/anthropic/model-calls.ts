// Anthropic's synchronous Messages endpoint and its list of models.

import { answerText, countTokens } from '../answers/answer.ts';
import { isKnownModel, modelNames } from '../answers/models.ts';
import { runSync } from '../answers/sync-lane.ts';
import { chargeOutput } from '../limits/sync-limits.ts';
import type { Handler } from '../server/call.ts';
import { json, jsonText, refuse } from '../server/reply.ts';
import { messageBody } from './answers.ts';
import { pageAround } from './page.ts';
import { paramsDefect, unknownModelPrefix } from './receive.ts';
import { itemProblem } from './result-lines.ts';

export const messageCall: Handler = async (world, call) => {
  const { options } = world;
  const defect = paramsDefect(call.body, (name) => isKnownModel('anthropic', options.current, name), false);
  if (defect !== null) throw refuse(defect.startsWith(unknownModelPrefix) ? 404 : 400, defect);
  const item = await runSync(world, call, itemProblem);
  chargeOutput(world, call, countTokens(answerText(item, options.current)));
  return jsonText(messageBody(item, options.current));
};

export const listAnthropicModels: Handler = ({ options }, { query }) =>
  json(pageAround(modelNames('anthropic', options.current).map(modelObject), query));

export const retrieveAnthropicModel: Handler = ({ options }, { id }) => {
  if (!isKnownModel('anthropic', options.current, id)) throw refuse(404, `model: ${id}`);
  return json(modelObject(id));
};

const modelObject = (id: string) => ({
  id,
  type: 'model',
  display_name: id,
  created_at: '2026-01-01T00:00:00Z',
  capabilities: null,
  max_input_tokens: 200_000,
  max_tokens: 64_000,
});

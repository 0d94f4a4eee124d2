// OpenAI's synchronous endpoints and its list of models.

import { isKnownModel, modelNames } from '../answers/models.ts';
import { runSync } from '../answers/sync-lane.ts';
import type { Call, Handler } from '../server/call.ts';
import { json, jsonText, type Refused, refuse } from '../server/reply.ts';
import type { World } from '../world/world.ts';
import { type Endpoint, openaiBody } from './answers.ts';
import { itemProblem } from './result-lines.ts';

const createdS = 1_700_000_000;
const inputFieldByEndpoint: Record<Endpoint, string> = {
  '/v1/chat/completions': 'messages',
  '/v1/responses': 'input',
  '/v1/embeddings': 'input',
  '/v1/completions': 'prompt',
  '/v1/moderations': 'input',
  '/v1/images/generations': 'prompt',
  '/v1/images/edits': 'prompt',
};

export const modelCall =
  (endpoint: Endpoint): Handler =>
  async (world, call) => {
    checkRequest(world, call, endpoint);
    const item = await runSync(world, call, itemProblem);
    return jsonText(openaiBody(endpoint, item, world.options.current));
  };

function checkRequest({ options }: World, call: Call, endpoint: Endpoint): void {
  const { body } = call;
  if (endpoint === '/v1/moderations') body.model ??= 'omni-moderation-latest';
  for (const name of ['model', inputFieldByEndpoint[endpoint]]) {
    const rest = { param: name, code: 'missing_required_parameter' };
    if (body[name] === undefined) throw refuse(400, `Missing required parameter: '${name}'.`, rest);
  }
  if (!isKnownModel('openai', options.current, String(body.model))) throw unknownModel(String(body.model));
  if (body.stream === true) throw refuse(400, 'This emulator does not stream answers.', { param: 'stream' });
}

export const listOpenaiModels: Handler = ({ options }) =>
  json({ object: 'list', data: modelNames('openai', options.current).map(modelObject) });

export const retrieveOpenaiModel: Handler = ({ options }, { id }) => {
  if (!isKnownModel('openai', options.current, id)) throw unknownModel(id);
  return json(modelObject(id));
};

const modelObject = (id: string) => ({ id, object: 'model', created: createdS, owned_by: 'system' });

function unknownModel(name: string): Refused {
  const message = `The model '${name}' does not exist or you do not have access to it.`;
  return refuse(404, message, { param: 'model', code: 'model_not_found' });
}

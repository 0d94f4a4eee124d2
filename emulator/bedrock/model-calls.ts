// Bedrock's synchronous call and its descriptions of models.
import { isKnownModel } from '../answers/models.ts';
import { runSync } from '../answers/sync-lane.ts';
import type { Handler } from '../server/call.ts';
import { json, jsonText, type Refused, refuse } from '../server/reply.ts';
import { converseBody } from './answers.ts';
import { itemProblem } from './rows.ts';
import { findDefect } from './scan.ts';

export const converseCall: Handler = async (world, call) => {
  const { current } = world.options;
  if (!isKnownModel('bedrock', current, call.id)) throw unknownModel(call.id);
  const defect = findDefect(call.body);
  if (defect !== null) throw refuse(400, defect);
  const item = { ...(await runSync(world, call, itemProblem)), model: call.id };
  return jsonText(converseBody(item, current));
};

export const retrieveFoundationModel: Handler = ({ options }, { id }) => {
  if (isProfile(id) || !isKnownModel('bedrock', options.current, id)) throw unknownModel(id);
  return json({ modelDetails: { modelArn: `arn:aws:bedrock:us-east-1::foundation-model/${id}`, modelId: id } });
};

export const retrieveInferenceProfile: Handler = ({ options }, { id }) => {
  if (!isProfile(id) || !isKnownModel('bedrock', options.current, id)) throw unknownModel(id);
  return json({ inferenceProfileName: id, inferenceProfileId: id, status: 'ACTIVE', type: 'SYSTEM_DEFINED' });
};

/** A model's name for several regions. */
const isProfile = (id: string): boolean => /^(us|eu|apac|global)\./.test(id);

const unknownModel = (id: string): Refused => refuse(404, `Could not resolve the foundation model ${id}.`);

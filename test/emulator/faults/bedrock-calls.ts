// A call of each route of Bedrock, with jobs to work on. They need a server of buckets.

import { ApiError } from '@google/genai';
import type { Emulator } from '../../../emulator/server/start.ts';

const modelInput = { messages: [{ role: 'user', content: [{ text: 'hi' }] }] };
export const bedrockInput = `${JSON.stringify({ recordId: 'a', modelInput })}\n`;

const model = 'amazon.nova-lite-v1:0';

/** Returns a function that creates a job from an input in the bucket. */
export function prepareBedrock({ bedrockBaseUrl }: Emulator, bucket: string) {
  return async (): Promise<string> => {
    const body = {
      jobName: 'job',
      roleArn: 'role',
      modelId: model,
      modelInvocationType: 'Converse',
      inputDataConfig: { s3InputDataConfig: { s3Uri: `s3://${bucket}/in.jsonl` } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${bucket}/out/` } },
    };
    const reply = await fetchText(`${bedrockBaseUrl}/model-invocation-job`, 'POST', body);
    return encodeURIComponent(JSON.parse(reply).jobArn);
  };
}

interface BedrockRig {
  readonly emulator: Emulator;
  readonly createBedrock: () => Promise<string>;
  readonly endedBedrock: string;
  readonly runningBedrock: string;
}

const ask = ({ emulator }: BedrockRig, path: string, method = 'GET', body?: object): Promise<string> =>
  fetchText(`${emulator.bedrockBaseUrl}/${path}`, method, body);

export const bedrockCalls = {
  'bedrock.batches.create': ({ createBedrock }: BedrockRig) => createBedrock(),
  'bedrock.batches.list': (rig: BedrockRig) => ask(rig, 'model-invocation-jobs'),
  'bedrock.batches.retrieve': (rig: BedrockRig) => ask(rig, `model-invocation-job/${rig.endedBedrock}`),
  'bedrock.batches.cancel': (rig: BedrockRig) =>
    ask(rig, `model-invocation-job/${rig.runningBedrock}/stop`, 'POST', {}),
  'bedrock.converse': (rig: BedrockRig) => ask(rig, `model/${model}/converse`, 'POST', modelInput),
  'bedrock.models.foundation': (rig: BedrockRig) => ask(rig, `foundation-models/${model}`),
  'bedrock.models.profile': (rig: BedrockRig) =>
    ask(rig, 'inference-profiles/eu.anthropic.claude-haiku-4-5-20251001-v1:0'),
};

async function fetchText(url: string, method: string, body?: object): Promise<string> {
  const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=sk-test/20260101/here/bedrock/aws4_request' };
  const reply = await fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await reply.text();
  if (!reply.ok) throw new ApiError({ status: reply.status, message: text });
  return text;
}

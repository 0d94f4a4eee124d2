// A call of each route of Vertex AI, with jobs to work on. They need a server of buckets.

import { ApiError } from '@google/genai';
import type { Emulator } from '../../../emulator/server/start.ts';

const row = `${JSON.stringify({ request: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] } })}\n`;
const message = { anthropic_version: 'vertex-2023-10-16', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] };

/** Puts an input into the bucket, and returns a function that creates a job from it. */
export async function prepareVertex({ vertexBaseUrl }: Emulator, gcsUrl: string, bucket: string) {
  const input = `${gcsUrl}/upload/storage/v1/b/${bucket}/o?uploadType=media&name=in.jsonl`;
  await fetchText(input, 'POST', row);
  return async (): Promise<string> => {
    const body = {
      displayName: 'job',
      model: 'publishers/google/models/gemini-2.5-flash',
      inputConfig: { instancesFormat: 'jsonl', gcsSource: { uris: [`gs://${bucket}/in.jsonl`] } },
      outputConfig: { predictionsFormat: 'jsonl', gcsDestination: { outputUriPrefix: `gs://${bucket}/out` } },
    };
    const reply = await fetchText(`${place(vertexBaseUrl)}/batchPredictionJobs`, 'POST', JSON.stringify(body));
    return JSON.parse(reply).name.split('/').at(-1);
  };
}

interface VertexRig {
  readonly emulator: Emulator;
  readonly createVertex: () => Promise<string>;
  readonly endedVertex: string;
  readonly runningVertex: string;
}

const ask = ({ emulator }: VertexRig, path: string, method = 'GET', body?: object): Promise<string> =>
  fetchText(`${place(emulator.vertexBaseUrl)}/${path}`, method, body && JSON.stringify(body));

const [google, anthropic] = ['publishers/google/models', 'publishers/anthropic/models'];

export const vertexCalls = {
  'vertex.batches.create': ({ createVertex }: VertexRig) => createVertex(),
  'vertex.batches.list': (rig: VertexRig) => ask(rig, 'batchPredictionJobs'),
  'vertex.batches.retrieve': (rig: VertexRig) => ask(rig, `batchPredictionJobs/${rig.endedVertex}`),
  'vertex.batches.cancel': (rig: VertexRig) => ask(rig, `batchPredictionJobs/${rig.runningVertex}:cancel`, 'POST', {}),
  'vertex.batches.delete': (rig: VertexRig) => ask(rig, `batchPredictionJobs/${rig.endedVertex}`, 'DELETE'),
  'vertex.generate': (rig: VertexRig) =>
    ask(rig, `${google}/gemini-2.5-flash:generateContent`, 'POST', JSON.parse(row).request),
  'vertex.embed': (rig: VertexRig) =>
    ask(rig, `${google}/gemini-embedding-2:embedContent`, 'POST', { content: { parts: [{ text: 'hi' }] } }),
  'vertex.predict': (rig: VertexRig) =>
    ask(rig, `${google}/gemini-embedding-001:predict`, 'POST', { instances: [{ content: 'hi' }] }),
  'vertex.claude': (rig: VertexRig) => ask(rig, `${anthropic}/claude-haiku-4-5:rawPredict`, 'POST', message),
  'vertex.models.google': (rig: VertexRig) => ask(rig, `${google}/gemini-2.5-flash`),
  'vertex.models.anthropic': (rig: VertexRig) => ask(rig, `${anthropic}/claude-haiku-4-5`),
};

const place = (baseUrl: string): string => `${baseUrl}/v1/projects/p/locations/here`;

async function fetchText(url: string, method: string, body?: string): Promise<string> {
  const headers = { authorization: 'Bearer sk-test' };
  const reply = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await reply.text();
  if (!reply.ok) throw new ApiError({ status: reply.status, message: text });
  return text;
}

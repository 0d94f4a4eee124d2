// That every call of all vendors can be refused so many times, in the vendor's own words, and then succeeds.
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ApiError, type GoogleGenAI } from '@google/genai';
import { beforeEach, describe, expect, test } from 'vitest';
import type { RouteName } from '../../../emulator/server/control.ts';
import type { Emulator } from '../../../emulator/server/start.ts';
import { gcsServer, hasGcsServer } from '../../support/stores/gcs-server.ts';
import { hasS3Server, s3Server } from '../../support/stores/s3-server.ts';
import { allDoneMs, chatBody, chatLines, createFrom, jsonl, request, setup, submit, upload } from '../harness.ts';
import { bedrockCalls, bedrockInput, prepareBedrock } from './bedrock-calls.ts';
import { prepareVertex, vertexCalls } from './vertex-calls.ts';

const gcs = gcsServer();
const s3 = s3Server();

type Rig = Awaited<ReturnType<typeof prepare>>;

/** A batch that has ended, one that runs and a file at each vendor, so that every call has something to work on. */
async function prepare() {
  const gcsUrl = hasGcsServer ? { gcsUrl: `http://127.0.0.1:${gcs.port}` } : {};
  const rig = await setup({ ...gcsUrl, limits: { recordsMin: 1 } });
  const { openai, anthropic, gemini } = rig;
  const createMessages = () => anthropic.messages.batches.create({ requests: [request('a')] });
  const ended = await submit(rig, chatLines(1));
  const endedMessages = await createMessages();
  const endedGemini = await createGemini(gemini, await uploadGemini(gemini));
  const createVertex = await vertexCreator(rig.emulator);
  const endedVertex = await createVertex();
  const createBedrock = await bedrockCreator(rig.emulator);
  const endedBedrock = await createBedrock();
  await rig.pass(allDoneMs);
  const { output_file_id } = await openai.batches.retrieve(ended.id);
  const file = await upload(openai, jsonl(chatLines(2)));
  const running = await createFrom(openai, file.id);
  const runningMessages = await createMessages();
  const geminiFile = await uploadGemini(gemini);
  const runningGemini = await createGemini(gemini, geminiFile);
  const atVertex = { createVertex, endedVertex, runningVertex: await createVertex() };
  const atBedrock = { createBedrock, endedBedrock, runningBedrock: await createBedrock() };
  const { dest } = await gemini.batches.get({ name: endedGemini });
  const messages = { endedMessages, runningMessages };
  const atGemini = { endedGemini, runningGemini, geminiFile, geminiOutput: dest?.fileName ?? '' };
  return {
    ...rig,
    ended,
    file,
    running,
    outputId: output_file_id ?? '',
    ...messages,
    ...atGemini,
    ...atVertex,
    ...atBedrock,
  };
}

/** Without a server of buckets, there are no jobs. */
async function vertexCreator(emulator: Emulator): Promise<() => Promise<string>> {
  if (!hasGcsServer) return async () => '';
  return prepareVertex(emulator, `http://127.0.0.1:${gcs.port}`, await gcs.makeBucket());
}

async function bedrockCreator(emulator: Emulator): Promise<() => Promise<string>> {
  if (!hasS3Server) return async () => '';
  const Bucket = await s3.makeBucket();
  await new S3Client({ forcePathStyle: true }).send(
    new PutObjectCommand({ Bucket, Key: 'in.jsonl', Body: bedrockInput }),
  );
  return prepareBedrock(emulator, Bucket);
}

const model = 'gemini-2.5-flash';
const contents = 'hi';
const embedder = 'gemini-embedding-001';

async function uploadGemini({ files }: GoogleGenAI): Promise<string> {
  const lines = jsonl([{ key: 'a', request: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] } }]);
  const { name } = await files.upload({ file: new Blob([lines]), config: { mimeType: 'application/jsonl' } });
  return name ?? '';
}

async function createGemini({ batches }: GoogleGenAI, src: string): Promise<string> {
  return (await batches.create({ model, src })).name ?? '';
}

const prompt = { model: 'gpt-3.5-turbo-instruct', prompt: 'hi' };

const imageBody = { model: 'gpt-image-2', prompt: 'hi' };

const openaiCalls = {
  'openai.files.create': ({ openai }: Rig) => upload(openai, jsonl(chatLines(1))),
  'openai.files.list': ({ openai }: Rig) => openai.files.list(),
  'openai.files.retrieve': ({ openai, file }: Rig) => openai.files.retrieve(file.id),
  'openai.files.delete': ({ openai, file }: Rig) => openai.files.delete(file.id),
  'openai.files.content': ({ openai, outputId }: Rig) => openai.files.content(outputId),
  'openai.batches.create': ({ openai, file }: Rig) => createFrom(openai, file.id),
  'openai.batches.list': ({ openai }: Rig) => openai.batches.list(),
  'openai.batches.retrieve': ({ openai, ended }: Rig) => openai.batches.retrieve(ended.id),
  'openai.batches.cancel': ({ openai, running }: Rig) => openai.batches.cancel(running.id),
  'openai.chat': ({ openai }: Rig) => openai.chat.completions.create(chatBody('hi')),
  'openai.responses': ({ openai }: Rig) => openai.responses.create({ model: 'gpt-4o-mini', input: 'hi' }),
  'openai.embeddings': ({ openai }: Rig) => openai.embeddings.create({ model: 'text-embedding-3-small', input: 'hi' }),
  'openai.completions': ({ openai }: Rig) => openai.completions.create(prompt),
  'openai.moderations': ({ openai }: Rig) => openai.moderations.create({ input: 'hi' }),
  'openai.images.generate': ({ openai }: Rig) => openai.images.generate(imageBody),
  'openai.images.edit': ({ openai }: Rig) => openai.post('/images/edits', { body: imageBody }),
  'openai.models.list': ({ openai }: Rig) => openai.models.list(),
  'openai.models.retrieve': ({ openai }: Rig) => openai.models.retrieve('gpt-4o'),
};

const anthropicCalls = {
  'anthropic.messages': ({ anthropic }: Rig) => anthropic.messages.create(request('a').params),
  'anthropic.batches.create': ({ anthropic }: Rig) => anthropic.messages.batches.create({ requests: [request('b')] }),
  'anthropic.batches.list': ({ anthropic }: Rig) => anthropic.messages.batches.list(),
  'anthropic.batches.retrieve': ({ anthropic, endedMessages }: Rig) =>
    anthropic.messages.batches.retrieve(endedMessages.id),
  'anthropic.batches.delete': ({ anthropic, endedMessages }: Rig) =>
    anthropic.messages.batches.delete(endedMessages.id),
  'anthropic.batches.cancel': ({ anthropic, runningMessages }: Rig) =>
    anthropic.messages.batches.cancel(runningMessages.id),
  'anthropic.batches.results': ({ anthropic, endedMessages }: Rig) =>
    anthropic.messages.batches.results(endedMessages.id),
  'anthropic.models.list': ({ anthropic }: Rig) => anthropic.models.list(),
  'anthropic.models.retrieve': ({ anthropic }: Rig) => anthropic.models.retrieve('claude-haiku-4-5'),
};

const geminiCalls = {
  'gemini.files.create': ({ gemini }: Rig) => uploadGemini(gemini),
  'gemini.files.list': ({ gemini }: Rig) => gemini.files.list(),
  'gemini.files.retrieve': ({ gemini, geminiFile }: Rig) => gemini.files.get({ name: geminiFile }),
  'gemini.files.delete': ({ gemini, geminiFile }: Rig) => gemini.files.delete({ name: geminiFile }),
  'gemini.files.content': ({ emulator, geminiOutput }: Rig) =>
    fetchAsSdk(`${emulator.geminiBaseUrl}/download/v1beta/${geminiOutput}:download?alt=media`),
  'gemini.files.download': ({ emulator, geminiOutput }: Rig) =>
    fetchAsSdk(`${emulator.geminiBaseUrl}/v1/${geminiOutput}:download?alt=media`),
  'gemini.batches.create': ({ gemini, geminiFile }: Rig) => createGemini(gemini, geminiFile),
  'gemini.batches.embed': ({ gemini }: Rig) =>
    gemini.batches.createEmbeddings({ model: embedder, src: { inlinedRequests: { contents } } }),
  'gemini.batches.list': ({ gemini }: Rig) => gemini.batches.list(),
  'gemini.batches.retrieve': ({ gemini, endedGemini }: Rig) => gemini.batches.get({ name: endedGemini }),
  'gemini.batches.cancel': async ({ gemini, runningGemini }: Rig) => {
    await gemini.batches.cancel({ name: runningGemini });
    return 'cancelled';
  },
  'gemini.batches.delete': ({ gemini, endedGemini }: Rig) => gemini.batches.delete({ name: endedGemini }),
  'gemini.generate': ({ gemini }: Rig) => gemini.models.generateContent({ model, contents }),
  'gemini.embed': ({ emulator }: Rig) =>
    fetchAsSdk(`${emulator.geminiBaseUrl}/v1/models/${embedder}:embedContent`, {
      content: { parts: [{ text: 'hi' }] },
    }),
  'gemini.models.list': ({ gemini }: Rig) => gemini.models.list(),
  'gemini.models.retrieve': ({ gemini }: Rig) => gemini.models.get({ model }),
};

/** For calls that the SDK makes in another way, or not at all. */
async function fetchAsSdk(url: string, body?: object): Promise<string> {
  const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const reply = await fetch(url, { headers: { 'x-goog-api-key': 'sk-test' }, ...post });
  const text = await reply.text();
  if (!reply.ok) throw new ApiError({ status: reply.status, message: text });
  return text;
}

/** OpenAI itself has no such call. */
type OthersRoute =
  | 'openai.batches.delete'
  | 'openai.batches.results'
  | 'openai.files.intend'
  | 'openai.files.put'
  | 'openai.files.signed';

/** Complete by its type: a new route does not compile until it has a call here. */
const calls: Record<Exclude<RouteName, OthersRoute>, (rig: Rig) => Promise<unknown>> = {
  ...openaiCalls,
  ...anthropicCalls,
  ...geminiCalls,
  ...vertexCalls,
  ...bedrockCalls,
};
const isServed = (name: string): boolean =>
  (hasGcsServer || !name.startsWith('vertex.batches')) && (hasS3Server || !name.startsWith('bedrock.batches'));

describe('each call can be refused twice, in words of the test', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await prepare();
  });

  const fault = { status: 403, times: 2, type: 'odd_error', code: 'odd_code', message: 'Not today.', param: 'odd' };

  test.for(Object.entries(calls).filter(([name]) => isServed(name)))('%s', async ([name, call]) => {
    await rig.control.setOptions({ calls: { [name]: fault } });
    const shapes: Record<string, object> = {
      openai: { status: 403, type: 'odd_error', code: 'odd_code', param: 'odd' },
      anthropic: { status: 403, type: 'odd_error', errorCode: 'odd_code' },
      // The SDK puts all of the body into the message.
      gemini: { status: 403 },
      vertex: { status: 403 },
      bedrock: { status: 403 },
    };
    const shape = shapes[name.split('.')[0] ?? ''];
    for (let time = 0; time < 2; time++) {
      const refused = call(rig).then(
        () => null,
        (error: unknown) => error,
      );
      expect(await refused).toMatchObject({ ...shape, message: expect.stringContaining('Not today.') });
    }
    await expect(call(rig)).resolves.toBeDefined();
  });
});

test('a refusal without words has the type that fits its status', async () => {
  const { openai, anthropic } = await setup({ calls: { '*': { status: 503 } } });
  await expect(openai.models.list()).rejects.toMatchObject({ status: 503, type: 'server_error', code: null });
  await expect(anthropic.models.list()).rejects.toMatchObject({ status: 503, type: 'api_error' });
});

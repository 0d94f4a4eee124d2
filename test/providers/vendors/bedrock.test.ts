// What Bedrock alone has of a provider, against the emulator and a server of buckets.

import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import type { Bucket } from '../../../providers/bucket.ts';
import { converseEndpoint } from '../../../providers/dialects/bedrock/requests.ts';
import { createProviders, vendorEntries } from '../../../providers/registry.ts';
import { bedrockProofs } from '../../../providers/vendors/bedrock/endings.ts';
import { hasS3Server, s3Server } from '../../support/stores/s3-server.ts';
import {
  catchFacts,
  collectLines,
  context,
  describeEnd,
  makeProvider,
  requireEmulated,
  startVendor,
} from './emulated-vendor.ts';

s3Server();
const bedrock = requireEmulated('bedrock');
const four = ['a', 'b', 'c', 'd'];

async function listObjects(uri: string): Promise<string[]> {
  const [, Bucket, folder] = /^s3:\/\/([^/]+)\/(.*\/)/.exec(uri) ?? [];
  const listed = await new S3Client({ forcePathStyle: true }).send(
    new ListObjectsV2Command({ Bucket, Prefix: folder ?? 'none' }),
  );
  return (listed.Contents ?? []).map(({ Key }) => Key ?? '');
}

async function readToEnd(chunks: AsyncGenerator<Uint8Array, true | null>): Promise<true | null> {
  for (let next = await chunks.next(); ; next = await chunks.next()) if (next.done === true) return next.value;
}

describe.skipIf(!hasS3Server)('a job of Bedrock', () => {
  test('reads its records from the account’s bucket, and leaves nothing there once it is forgotten', async () => {
    const { provider, prepare, submit, end } = await startVendor(bedrock);
    const { file, submission, ids } = await prepare(four);
    const handle = await submit({ file, submission, ids });
    expect(handle.fileId).toMatch(new RegExp(`^s3://staging-\\w+/staging/${submission.key}/requests\\.jsonl$`));
    await end();
    const lines = await collectLines(provider.download(handle, context()));
    const found = lines.map((line) => provider.decode(line, converseEndpoint));
    expect(found.map((each) => ('customId' in each ? each.customId : null)).sort()).toEqual([...ids].sort());
    expect(await listObjects(handle.fileId ?? '')).toHaveLength(3);
    await provider.forget(handle, context());
    expect(await listObjects(handle.fileId ?? '')).toEqual([]);
  });

  test('that still runs keeps its files', async () => {
    const { provider, prepare, submit } = await startVendor(bedrock);
    const handle = await submit(await prepare(four));
    await provider.forget(handle, context());
    expect(await listObjects(handle.fileId ?? '')).toHaveLength(1);
  });

  test('that was found instead of created has the same id and file', async () => {
    const { provider, prepare, submit } = await startVendor(bedrock);
    const prepared = await prepare(four);
    const { id, fileId } = await submit(prepared);
    expect((await provider.find(prepared.submission, context())).confirmed).toMatchObject([{ id, fileId }]);
  });

  test('is the same job if its create is repeated', async () => {
    const { prepare, submit, control } = await startVendor(bedrock);
    const prepared = await prepare(four);
    const { id } = await submit(prepared);
    expect((await submit(prepared)).id).toBe(id);
    expect((await control.counts()).batchesCreated).toBe(1);
  });

  test('is whole only with its manifest', async () => {
    const { provider, prepare, submit, end } = await startVendor(bedrock, { batch: { outputGrowsForMs: 90_000 } });
    const handle = await submit(await prepare(four));
    await end();
    expect(await readToEnd(provider.download(handle, context()))).toBe(null);
    await end();
    expect(await readToEnd(provider.download(handle, context()))).toBe(true);
  });

  test('waits for room if the account’s quota is used up', async () => {
    const { prepare, submit } = await startVendor(bedrock, { limits: { recordsMin: 1, batches: 1 } });
    await submit(await prepare(four));
    expect(await catchFacts(submit(await prepare(four)))).toMatchObject({
      fault: 'capacity',
      limit: { unit: 'batches', limit: 1 },
      ambiguous: false,
    });
  });
});

test.skipIf(!hasS3Server)(
  'a job is not taken for one without answers if the account has another bucket meanwhile',
  async () => {
    const { provider, makeChanged, prepare, end } = await startVendor(bedrock);
    const elsewhere = makeChanged({ bucket: 's3://elsewhere/staging' });
    const { file, submission } = await prepare(four);
    const { fileId } = await provider.upload(file, submission, context());
    const handle = await elsewhere.create({ fileId }, file, submission, context());
    await end();
    const wrong = { fault: 'wrong_account', ambiguous: false };
    expect(await catchFacts(elsewhere.poll(handle, context()))).toMatchObject(wrong);
    expect(await catchFacts(collectLines(elsewhere.download(handle, context())))).toMatchObject(wrong);
    expect(await catchFacts(elsewhere.forget(handle, context()))).toMatchObject(wrong);
    // With the key of another account too, the vendor finds no such job.
    const unknown = { ...handle, id: `${handle.id}0` };
    expect(await catchFacts(elsewhere.poll(unknown, context()))).toMatchObject(wrong);
    expect(await catchFacts(collectLines(elsewhere.download(unknown, context())))).toMatchObject(wrong);
    expect(await catchFacts(elsewhere.forget(unknown, context()))).toMatchObject(wrong);
    await elsewhere.cancel(handle, context());
    expect(await provider.poll(handle, context())).toMatchObject({ ending: 'completed' });
    expect(await collectLines(provider.download(handle, context()))).toHaveLength(4);
  },
);

describe.skipIf(!hasS3Server)('the end of a job', () => {
  async function endOf(options: OptionsInput, cancelAtOnce = false) {
    const { provider, prepare, submit, end } = await startVendor(bedrock, options);
    const handle = await submit(await prepare(four));
    if (cancelAtOnce) await provider.cancel(handle, context());
    await end();
    const view = await provider.poll(handle, context());
    return { view, output: describeEnd(view, bedrockProofs) };
  }

  test('proves that nothing ran if its time was over before it began', async () => {
    const late = await endOf({ batch: { endAs: 'expired', partial: 0, requestCountsNull: true } });
    expect(late).toMatchObject({ view: { ending: 'expired', status: 'expired' }, output: 'nothing_ran' });
    const partly = await endOf({ batch: { endAs: 'expired', partial: 0.5 } });
    expect(partly).toMatchObject({ view: { ending: 'expired', status: 'partially_completed' }, output: 'shown' });
  });

  test('proves that nothing ran if it has too few records', async () => {
    const { view, output } = await endOf({ limits: { recordsMin: 100 } });
    expect(view).toMatchObject({ ending: 'failed', errors: [{ reason: 'whole_batch' }] });
    expect(view.errors[0]?.detail).toContain('less records (4)');
    expect(output).toBe('nothing_ran');
  });

  test('proves nothing if it failed for another reason, and counts nothing', async () => {
    const failed = { endAs: 'failed', partial: 0.5 } as const;
    expect((await endOf({ batch: { ...failed, requestCountsNull: true } })).output).toBe('not_shown');
    expect((await endOf({ batch: { ...failed, countsZero: true } })).output).toBe('not_shown');
    expect((await endOf({ batch: failed })).output).toBe('not_shown');
  });

  test('by a cancel before it began proves that nothing ran, if its records are counted', async () => {
    expect(await endOf({}, true)).toMatchObject({ view: { status: 'stopped' }, output: 'nothing_ran' });
    expect((await endOf({ batch: { countsZero: true } }, true)).output).toBe('not_shown');
  });
});

test.skipIf(!hasS3Server).each([
  [null, 'ok'],
  [{ status: 400, message: 'The provided role cannot be assumed.' }, 'refused'],
  [{ status: 403, type: 'AccessDeniedException' }, 'refused'],
  [{ status: 429, type: 'ThrottlingException' }, 'unsure'],
  [{ status: 400, message: 'The provided model identifier is invalid.' }, 'unsure'],
])('a role whose trial is answered by %j is %s, and the trial runs and leaves nothing', async (refusal, verdict) => {
  const calls = refusal === null ? {} : { 'bedrock.batches.create': refusal };
  const { provider, control, prepare, end } = await startVendor(bedrock, { calls });
  const { file, submission } = await prepare(four);
  const { fileId } = await provider.upload(file, submission, context());
  expect(await provider.tryRole?.('f00d', context())).toBe(verdict);
  expect(await provider.tryRole?.('cafe', context())).toBe(verdict);
  await end();
  const { batchesCreated, executed } = await control.counts();
  expect([batchesCreated, executed]).toEqual([verdict === 'ok' ? 2 : 0, 0]);
  expect(await listObjects(fileId?.replace(submission.key, 'checkups') ?? '')).toEqual([]);
  expect(await listObjects(fileId ?? '')).toHaveLength(1);
});

/** A bucket of which only the address is asked. */
const openNothing = (uri: string): Bucket => ({ uri }) as Bucket;

describe('an account of Bedrock', () => {
  const account = {
    region: 'eu-west-1',
    bucket: 's3://b/f',
    roleArn: 'arn:aws:iam::1:role/r',
    accessKeyId: 'AKID',
    secretAccessKey: 'secret',
    baseUrl: 'http://127.0.0.1:1',
  };
  const handle = { id: 'j', createdAt: 0, fileId: null };

  test('without its role or its bucket makes no call, and the variable to set is named', async () => {
    for (const [name, variable] of [
      ['roleArn', 'BEDROCK_ROLE_ARN'],
      ['bucket', 'BEDROCK_BUCKET'],
    ] as const) {
      const accounts = { bedrock: { default: { ...account, [name]: null } } };
      const providers = createProviders(accounts, { bedrock: vendorEntries.bedrock });
      expect(providers.credentials('bedrock')).toMatchObject({ present: false, variable });
      const polled = providers.get('bedrock')?.poll(handle, context()) ?? Promise.resolve();
      expect(await catchFacts(polled)).toMatchObject({ fault: 'unauthorized', status: null });
    }
  });

  test('makes no call for a job that began in another region', async () => {
    const providers = createProviders({ bedrock: { default: account } }, { bedrock: vendorEntries.bedrock });
    const polled = providers.get('bedrock', 'default', 'us-east-1')?.poll(handle, context()) ?? Promise.resolve();
    expect(await catchFacts(polled)).toMatchObject({ fault: 'wrong_region' });
  });

  test.skipIf(!hasS3Server).each([
    ['ExpiredTokenException', 403, 'unauthorized'],
    ['UnrecognizedClientException', 403, 'unauthorized'],
    ['AccessDeniedException', 403, 'forbidden'],
    ['ThrottlingException', 429, 'rate_limited'],
    ['ServiceQuotaExceededException', 400, 'capacity'],
    ['ModelErrorException', 424, 'server_error'],
  ])('that is refused by %s is told so', async (type, status, fault) => {
    const { provider } = await startVendor(bedrock, { calls: { 'bedrock.batches.retrieve': { status, type } } });
    expect(await catchFacts(provider.poll(handle, context()))).toMatchObject({ fault, status });
  });

  test.skipIf(!hasS3Server)('whose role cannot be taken lacks a permission', async () => {
    const message = 'The provided role cannot be assumed.';
    const { prepare, submit } = await startVendor(bedrock, {
      calls: { 'bedrock.batches.create': { status: 400, message } },
    });
    expect(await catchFacts(submit(await prepare(four)))).toMatchObject({ fault: 'forbidden', ambiguous: false });
  });

  test.skipIf(!hasS3Server)('may name an inference profile as its model', async () => {
    const { provider } = await startVendor(bedrock);
    expect(await provider.check('eu.anthropic.claude-haiku-4-5-20251001-v1:0', context())).toBe('ok');
  });

  test('whose credentials are not found calls nobody', async () => {
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_EC2_METADATA_DISABLED'];
    const before = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) delete process.env[name];
    process.env.AWS_EC2_METADATA_DISABLED = 'true';
    try {
      const { accessKeyId: _, secretAccessKey: __, ...rest } = account;
      const provider = makeProvider(vendorEntries.bedrock, rest, openNothing);
      expect(await catchFacts(provider.poll(handle, context()))).toMatchObject({ fault: 'unauthorized', status: null });
    } finally {
      for (const [name, value] of before) if (value !== undefined) process.env[name] = value;
    }
  });
});

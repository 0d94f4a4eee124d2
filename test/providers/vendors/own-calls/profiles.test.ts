// What each field of a profile changes, compared with a profile that says nothing: a server is trusted with what its profile says.

import { describe, expect, test } from 'vitest';
import { describeOutput, type EndingRules } from '../../../../domain/batch/evidence.ts';
import type { BatchView } from '../../../../domain/batch/state.ts';
import type { Json } from '../../../../domain/outcome/outcome.ts';
import type { OptionsInput } from '../../../../emulator/faults/options.ts';
import { toEntries } from '../../../../providers/vendors/compatible/index.ts';
import { profilesShape } from '../../../../providers/vendors/compatible/profile.ts';
import { catchFacts, context, makeProvider, requireEmulated, startVendor } from '../emulated-vendor.ts';

const groq = requireEmulated('groq');
const chat = '/v1/chat/completions';
const daysMs = (days: number): number => days * 86_400_000;

function entryOf(fields: object) {
  const entry = toEntries(profilesShape.parse({ own: { baseUrl: 'http://127.0.0.1:1/v1', ...fields } })).own;
  if (entry === undefined) throw new Error('there is no such profile');
  return entry;
}

const offline = (fields: object) => makeProvider(entryOf(fields), {});
const startOwn = (fields: object, options?: OptionsInput) => startVendor({ ...groq, entry: entryOf(fields) }, options);

const image: Json = { model: 'm', messages: [{ role: 'user', content: [{ type: 'image_url' }] }] };

describe('a profile', () => {
  test('without a batch API has the realtime lane alone', () => {
    expect(offline({}).lanes).toEqual(['realtime']);
    expect(offline({ batch: {} }).lanes).toEqual(['batch', 'realtime']);
  });

  test('says what a job may ask for, and by which field it limits an answer', () => {
    expect(offline({}).endpoints).toEqual([chat]);
    expect(offline({ endpoints: ['/v1/embeddings'] }).endpoints).toEqual(['/v1/embeddings']);
    expect(offline({}).findProblems(image, chat)).toEqual([]);
    expect(offline({ lacks: ['images'] }).findProblems(image, chat)).toEqual(['images: own does not take images']);
    const limit = { user: 'x', maxTokens: 5 };
    expect(offline({}).buildBody(limit, chat)).toHaveProperty('max_completion_tokens', 5);
    expect(offline({ outputLimit: 'max_tokens' }).buildBody(limit, chat)).toHaveProperty('max_tokens', 5);
  });

  test.each([
    [{}, true],
    [{ uploadExpires: true }, false],
  ])('with %j has a file after two weeks: %s', async (batch, isThere) => {
    const { provider, prepare, control } = await startOwn({ batch });
    const { file, submission } = await prepare(['a']);
    const { fileId } = await provider.upload(file, submission, context());
    await control.clock({ advanceMs: daysMs(14) });
    expect(await provider.holdsFile?.(fileId ?? '', context())).toBe(isThere);
  });

  test.each([
    [{}, 'refused'],
    [{ codes: { out_of_credits: 'no_money' } }, 'no_money'],
  ])('with %j reads the code of a refusal: %s', async (codes, fault) => {
    const refusal = { status: 400, code: 'out_of_credits' };
    const { provider } = await startOwn({ batch: {}, ...codes }, { calls: { 'openai.batches.retrieve': refusal } });
    expect(await catchFacts(provider.poll({ id: 'b', createdAt: 0, fileId: null }, context()))).toMatchObject({
      fault,
    });
  });
});

/** What a batch that its check refused proves of its items. */
function describeRefused({ ending, ...view }: BatchView, proofs: EndingRules): string {
  if (ending === null) throw new Error('the batch has not ended');
  return describeOutput({ ...view, ending, refusedUnrun: true, blamed: [], seenAgain: true }, proofs).kind;
}

describe('the end of a batch of a profile', () => {
  const end = async (fields: object, batch: OptionsInput['batch']) => {
    const site = await startOwn(fields, { batch });
    const handle = await site.submit(await site.prepare(['a', 'b', 'c', 'd']));
    await site.end();
    return { view: await site.provider.poll(handle, context()), proofs: site.provider.proofs };
  };

  const failed = { failWith: { code: 'too_busy', message: 'x' } };

  test.each([
    [{}, 'other'],
    [{ batchCodes: { too_busy: 'capacity' } }, 'capacity'],
  ])('with %j has the reason %s', async (codes, reason) => {
    const { view } = await end({ batch: {}, ...codes }, failed);
    expect(view).toMatchObject({ ending: 'failed', errors: [{ reason }] });
  });

  test.each([
    [{}, 'not_shown'],
    [{ failedMeansNothingRan: true }, 'nothing_ran'],
  ])('that failed in its check, with %j, proves: %s', async (batch, proof) => {
    const { view, proofs } = await end({ batch }, failed);
    expect(describeRefused(view, proofs)).toBe(proof);
  });

  test.each([
    [{}, null],
    [{ counts: true }, { done: 2 }],
  ])('that expired, with %j, has the counts %j', async (batch, counts) => {
    const { view } = await end({ batch }, { endAs: 'expired', partial: 0.5 });
    expect(view.ending).toBe('expired');
    if (counts === null) expect(view.counts).toBeNull();
    else expect(view.counts).toMatchObject(counts);
  });
});

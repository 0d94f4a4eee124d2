// What Fireworks alone has of a provider, against the emulator.

import { describe, expect, test } from 'vitest';
import { catchFacts, collectOutcomes, context, requireEmulated, startVendor } from '../emulated-vendor.ts';

const fireworks = requireEmulated('fireworks');

describe('fireworks alone', () => {
  test('an upload that does not fit into the storage of files waits for room', async () => {
    const { prepare, submit } = await startVendor(fireworks, { limits: { files: 0 } });
    expect((await catchFacts(submit(await prepare(['a'])))).fault).toBe('capacity');
  });

  test('a create that is repeated gives the job that is there, so nothing is paid twice', async () => {
    const { prepare, submit, control } = await startVendor(fireworks);
    const prepared = await prepare(['a']);
    const [first, second] = [await submit(prepared), await submit(prepared)];
    expect(second).toEqual(first);
    expect((await control.counts()).batchesCreated).toBe(1);
  });

  test('a refused repetition is ambiguous if the job cannot be read', async () => {
    const { prepare, submit, control } = await startVendor(fireworks);
    const prepared = await prepare(['a']);
    await submit(prepared);
    await control.setOptions({ calls: { 'openai.batches.retrieve': { status: 500 } } });
    expect(await catchFacts(submit(prepared))).toMatchObject({ status: 409, ambiguous: true });
  });

  test('a lost create is found without a list, by the id that it was given', async () => {
    const { provider, prepare, submit, control } = await startVendor(fireworks);
    const prepared = await prepare(['a']);
    const { id } = await submit(prepared);
    await control.setOptions({ calls: { 'openai.batches.list': { status: 500 } } });
    const { confirmed } = await provider.find(prepared.submission, context());
    expect(confirmed.map((handle) => handle.id)).toEqual([id]);
    expect(id).toContain(prepared.submission.key);
  });

  test('only a job whose dataset was refused is proven not to have run', async () => {
    const failWith = { code: 'invalid_json_line', message: 'Dataset has a syntax error.' };
    const refused = await startVendor(fireworks, { batch: { failWith } });
    const handle = await refused.submit(await refused.prepare(['a', 'b']));
    await refused.end();
    const view = await refused.provider.poll(handle, context());
    expect(view).toMatchObject({ ending: 'failed', outputs: [], errors: [{ reason: 'whole_batch' }] });

    const broken = await startVendor(fireworks, { batch: { endAs: 'failed', partial: 0.5 } });
    const other = await broken.submit(await broken.prepare(['a', 'b']));
    await broken.end();
    const { outputs, errors } = await broken.provider.poll(other, context());
    expect(outputs).toHaveLength(1);
    expect(errors.every(({ reason }) => reason === 'other')).toBe(true);
  });

  test('the answers and the errors of a job are both read, and deleted with its datasets', async () => {
    const { provider, prepare, submit, end, control } = await startVendor(fireworks);
    const handle = await submit(await prepare(['a', '[[fail:400]]']));
    await end();
    const outcomes = await collectOutcomes(provider, handle);
    expect(outcomes).toMatchObject([{ kind: 'answer' }, { kind: 'error', reason: 'bad_request' }]);
    await provider.forget(handle, context());
    const deleted = (await control.requests()).filter(({ route }) => route === 'openai.files.delete');
    expect(deleted.map(({ path }) => path)).toEqual([
      `/fireworks/v1/accounts/ours/datasets/${handle.fileId}`,
      `/fireworks/v1/accounts/ours/datasets/bij-${handle.id}`,
    ]);
  });
});

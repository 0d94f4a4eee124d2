// Outages: that every way of them fails every call they are meant for, for as long as they last, and no other call.
import { describe, expect, test } from 'vitest';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import { chatBody, chatLines, createFrom, jsonl, request, type Setup, setup, upload } from '../harness.ts';

type Outage = NonNullable<OptionsInput['outage']>;

interface Patience {
  timeout: number;
}
const patient: Patience = { timeout: 20_000 };
const brief: Patience = { timeout: 1000 };

const ask = ({ openai }: Setup, patience = patient) => openai.chat.completions.create(chatBody('hello'), patience);
const say = ({ anthropic }: Setup, patience = patient) => anthropic.messages.create(request('a').params, patience);

/** One call of each group at each vendor. */
const calls: Record<string, (rig: Setup, patience: Patience) => Promise<unknown>> = {
  chat: ask,
  messages: say,
  files: ({ openai }, patience) => openai.files.list({}, patience),
  batches: ({ openai }, patience) => openai.batches.list({}, patience),
  messageBatches: ({ anthropic }, patience) => anthropic.messages.batches.list({}, patience),
  models: ({ openai }, patience) => openai.models.list(patience),
};

async function fails(rig: Setup, patience = patient): Promise<string[]> {
  const failed = await Promise.all(
    Object.entries(calls).map(([name, call]) =>
      call(rig, patience).then(
        () => [],
        () => [name],
      ),
    ),
  );
  return failed.flat();
}

describe('an outage fails all calls until it is switched off', () => {
  test.for([
    ['reset', undefined],
    ['close', undefined],
    ['timeout', undefined],
    [500, 500],
    [502, 502],
    [503, 503],
  ] as const)('by %s', async ([how, status]) => {
    const rig = await setup({ outage: { how } });
    const patience = how === 'timeout' ? brief : patient;
    expect(await fails(rig, patience)).toEqual(Object.keys(calls));
    await expect(ask(rig, patience)).rejects.toMatchObject({ status });
    await expect(say(rig, patience)).rejects.toMatchObject({ status });
    expect(await rig.control.counts()).toMatchObject({
      outage: { 'openai.chat': 2, 'anthropic.messages': 2, 'openai.files.list': 1 },
      sync: { executed: 0 },
    });
    await rig.control.setOptions({ outage: null });
    expect(await fails(rig)).toEqual([]);
  });
});

test.for([
  ['reset', 'ECONNRESET'],
  ['close', 'UND_ERR_SOCKET'],
] as const)('an outage by %s is told from others by its code', async ([how, code]) => {
  const rig = await setup({ outage: { how } });
  for (let time = 0; time < 5; time++) {
    const error = await fetch(`${rig.emulator.url}/v1/chat/completions`, { method: 'POST', body: '{}' }).catch(
      (e) => e,
    );
    expect(error.cause).toMatchObject({ code });
  }
});

test.for<[string, Omit<Exclude<Outage, unknown[]>, 'how'>, string[]]>([
  ['a group', { calls: 'sync' }, ['chat', 'messages']],
  ['batches', { calls: 'batch' }, ['batches', 'messageBatches']],
  ['groups', { calls: ['files', 'models'] }, ['files', 'models']],
  ['one call', { calls: 'openai.chat' }, ['chat']],
  ['a vendor', { vendor: 'anthropic' }, ['messages', 'messageBatches']],
  ['a group at a vendor', { calls: 'sync', vendor: 'anthropic' }, ['messages']],
])('an outage of %s leaves the other calls alone', async ([, which, failing]) => {
  const rig = await setup();
  await rig.control.setOptions({ outage: { how: 503, ...which } });
  expect(await fails(rig)).toEqual(failing);
});

test('an outage begins and ends by the clock, counted from when it was set', async () => {
  const rig = await setup({ outage: { how: 'reset', fromMs: 1000, forMs: 30_000 } });
  const answers = () => fails(rig).then((failed) => failed.length === 0);
  expect(await answers()).toBe(true);
  await rig.pass(1000);
  expect(await answers()).toBe(false);
  await rig.pass(29_999);
  expect(await answers()).toBe(false);
  await rig.pass(1);
  expect(await answers()).toBe(true);
  await rig.control.setOptions({ outage: { fromMs: 0 } });
  expect(await answers()).toBe(false);
  await rig.control.setOptions({ gzip: false });
  await rig.pass(30_000);
  expect(await answers()).toBe(true);
  await rig.control.setOptions({ outage: { how: 503 } });
  await rig.control.reset();
  await rig.pass(1000);
  await expect(ask(rig)).rejects.toMatchObject({ status: undefined });
});

test('several outages can follow each other', async () => {
  const outage: Outage = [
    { calls: 'sync', how: 503, forMs: 1000 },
    { calls: 'batch', how: 500, fromMs: 1000, forMs: 1000 },
  ];
  const rig = await setup({ outage });
  expect(await fails(rig)).toEqual(['chat', 'messages']);
  await rig.pass(1000);
  expect(await fails(rig)).toEqual(['batches', 'messageBatches']);
  await rig.pass(1000);
  expect(await fails(rig)).toEqual([]);
});

test.for(['reset', 'close', 'timeout', 502] as const)(
  'an upload that meets an outage by %s leaves no file',
  async (how) => {
    const rig = await setup({ outage: { how } });
    const content = new File([jsonl(chatLines(5000))], 'input.jsonl');
    await expect(
      rig.openai.files.create({ file: content, purpose: 'batch' }, how === 'timeout' ? brief : patient),
    ).rejects.toThrow();
    await rig.control.setOptions({ outage: null });
    expect((await rig.openai.files.list()).data).toEqual([]);
    const file = await upload(rig.openai, jsonl(chatLines(1)));
    expect((await createFrom(rig.openai, file.id)).status).toBe('validating');
  },
);

test('what runs at the vendor runs on during an outage', async () => {
  const rig = await setup();
  const { id } = await createFrom(rig.openai, (await upload(rig.openai, jsonl(chatLines(3)))).id);
  await rig.control.setOptions({ outage: { how: 'reset', forMs: 5000 } });
  await rig.pass(5000);
  expect(await rig.openai.batches.retrieve(id)).toMatchObject({ status: 'completed' });
});

test('a name that is not a call is refused', async () => {
  const { control } = await setup();
  await expect(control.setOptions({ outage: { calls: 'chats', how: 'reset' } })).rejects.toThrow(/outage/);
});

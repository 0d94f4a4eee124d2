// Every way in which an item of a batch can go wrong, by rates, by its own text, and in the result file.
import { describe, expect, test } from 'vitest';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import {
  allDoneMs,
  answerOf,
  anthropicResults,
  chatBody,
  chatLine,
  chatLines,
  contentText,
  parseLines,
  request,
  results,
  setup,
  submit,
} from '../harness.ts';

async function run(options: OptionsInput, lines: object[] = chatLines(4)) {
  const rig = await setup(options);
  const created = await submit(rig, lines);
  await rig.pass(allDoneMs);
  return { ...rig, batch: await rig.openai.batches.retrieve(created.id) };
}

describe('an item told to fail by the rates', () => {
  test.for([
    ['rate400', 400, 'invalid_request'],
    ['rate429', 429, 'rate_limit_exceeded'],
    ['rate500', 500, 'server_error'],
  ] as const)('%s lands in the error file with its status, unbilled', async ([rate, status, code]) => {
    const { openai, batch, control } = await run({ itemErrors: { [rate]: 1 } });
    expect(batch).toMatchObject({
      status: 'completed',
      output_file_id: null,
      request_counts: { completed: 0, failed: 4 },
    });
    const [line] = await results(openai, batch.error_file_id);
    expect([line?.response?.status_code, line?.response?.body.error?.code, line?.error]).toEqual([status, code, null]);
    expect(await control.counts()).toMatchObject({ executed: 4, billed: 0 });
  });

  test('rateTimeout gives a line without response', async () => {
    const { openai, batch } = await run({ itemErrors: { rateTimeout: 1 } });
    expect((await results(openai, batch.error_file_id))[0]).toMatchObject({
      response: null,
      error: { code: 'request_timeout' },
    });
  });

  test('refusals, cuts, broken JSON and empty answers are billed answers', async () => {
    const look = async (rate: string) => {
      const { openai, batch } = await run({ itemErrors: { [rate]: 1 } }, chatLines(1));
      return (await results(openai, batch.output_file_id))[0]?.response?.body.choices[0];
    };
    expect(await look('rateRefusal')).toMatchObject({ message: { content: null, refusal: expect.any(String) } });
    expect(await look('rateTruncated')).toMatchObject({ finish_reason: 'length' });
    expect(await look('rateEmpty')).toMatchObject({ message: { content: '' } });
    expect(await look('rateInvalidJson')).toMatchObject({ message: { content: '{"answer": "cut' } });
  });

  test('missing items are counted as completed but have no line and no bill', async () => {
    const { openai, batch, control } = await run({ itemErrors: { missing: 0.5 } }, chatLines(100));
    expect(batch.request_counts).toEqual({ total: 100, completed: 100, failed: 0 });
    const lines = await results(openai, batch.output_file_id);
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.length).toBeLessThan(80);
    expect((await control.counts()).billed).toBe(lines.length);
  });
});

describe('an item told to fail by the rates and sent more than once', () => {
  test('succeeds when it is sent again, in any batch, unless failTimes is 0', async () => {
    const { openai, control, pass } = await run({ itemErrors: { rate500: 1 } });
    const again = async () => {
      const { id } = await submit({ openai }, chatLines(4));
      await pass(allDoneMs);
      return (await openai.batches.retrieve(id)).request_counts?.completed;
    };
    expect(await again()).toBe(4);
    await control.setOptions({ itemErrors: { rate500: 1, failTimes: 0 } });
    expect(await again()).toBe(0);
  });

  test('fails about as often as asked, and the same ones each run', async () => {
    const failedIds = async () => {
      const { openai, batch } = await run({ itemErrors: { rate500: 0.1 }, seed: 7 }, chatLines(1000));
      return (await results(openai, batch.error_file_id)).map((line) => line.custom_id);
    };
    const first = await failedIds();
    expect(first.length).toBeGreaterThan(60);
    expect(first.length).toBeLessThan(140);
    expect(await failedIds()).toEqual(first);
  });
});

const told = [
  '[[fail:400]]',
  '[[fail:429]]',
  '[[fail:500]]',
  '[[fail:503]]',
  '[[refuse]]',
  '[[truncate]]',
  '[[invalid]]',
  '[[missing]]',
  'plain',
];

test('an item told to fail by its own text does so in a batch of OpenAI', async () => {
  const { openai, batch } = await run(
    {},
    told.map((text) => chatLine(text.replaceAll(/\W/g, ''), text)),
  );
  const errors = await results(openai, batch.error_file_id);
  expect(errors.map(({ custom_id, response }) => [custom_id, response?.status_code])).toEqual([
    ['fail400', 400],
    ['fail429', 429],
    ['fail500', 500],
    ['fail503', 503],
  ]);
  const answers = await results(openai, batch.output_file_id);
  expect(answers.map((line) => line.custom_id)).toEqual(['refuse', 'truncate', 'invalid', 'plain']);
});

test('an item told to fail by its own text does so in a batch of Anthropic', async () => {
  const { anthropic, pass } = await setup();
  const requests = [...told, '[[fail:529]]'].map((text) => request(text.replaceAll(/\W/g, ''), text));
  const { id } = await anthropic.messages.batches.create({ requests });
  await pass(allDoneMs);
  const kinds = (await anthropicResults(anthropic, id)).map(({ result }) => {
    if (result.type === 'errored') return result.error.error.type;
    return result.type === 'succeeded' ? result.message.stop_reason : result.type;
  });
  const errors = ['invalid_request_error', 'rate_limit_error', 'api_error', 'api_error'];
  expect(kinds).toEqual([...errors, 'refusal', 'max_tokens', 'end_turn', 'end_turn', 'overloaded_error']);
});

test('an item told to fail by its own text does so when it is sent alone', async () => {
  const { openai, anthropic, control } = await setup();
  const status = (text: string) =>
    openai.chat.completions.create(chatBody(text)).then(
      () => 200,
      (error) => error.status,
    );
  expect(
    await Promise.all(['[[fail:429]]', '[[fail:400]]', '[[missing]]', '[[fail-in-batch:500]]'].map(status)),
  ).toEqual([429, 400, 200, 200]);
  expect([await status('[[fail-once:500]]'), await status('[[fail-once:500]]')]).toEqual([500, 200]);
  await expect(anthropic.messages.create(request('a', '[[fail:529]]').params)).rejects.toMatchObject({
    status: 529,
    type: 'overloaded_error',
  });
  const begun = performance.now();
  await openai.chat.completions.create(chatBody('[[slow:80]]'));
  expect(performance.now() - begun).toBeGreaterThan(75);
  expect((await control.counts()).sync).toMatchObject({ executed: 8, billed: 4 });
});

test('an item told to fail by its own text fails only in batches when told so, and only once when told so', async () => {
  const rig = await run({}, [chatLine('a', '[[fail-in-batch:500]]'), chatLine('b', '[[fail-once:500]]')]);
  expect(rig.batch.request_counts?.failed).toBe(2);
  const { id } = await submit(rig, [chatLine('a2', '[[fail-in-batch:500]]'), chatLine('b2', '[[fail-once:500]]')]);
  await rig.pass(allDoneMs);
  const { output_file_id } = await rig.openai.batches.retrieve(id);
  expect((await results(rig.openai, output_file_id)).map((line) => line.custom_id)).toEqual(['b2']);
});

describe('output files can', () => {
  const output = async (options: OptionsInput, count = 50) => {
    const { openai, batch } = await run(options, chatLines(count));
    return contentText(openai, batch.output_file_id);
  };
  const ids = (text: string) => parseLines(text).map((line) => line.custom_id);
  const inOrder = chatLines(50).map((line) => line.custom_id);

  test('be shuffled', async () => {
    const shuffled = ids(await output({ output: { shuffle: true } }));
    expect(shuffled).not.toEqual(inOrder);
    expect(shuffled.toSorted()).toEqual(inOrder.toSorted());
  });

  test('end lines in CRLF, hold blank lines and lack the last newline', async () => {
    expect((await output({ output: { crlf: true } })).split('\r\n')).toHaveLength(51);
    expect(await output({ output: { blankLines: true } })).toContain('}\n\n{');
    expect((await output({ output: { noFinalNewline: true } })).endsWith('}')).toBe(true);
  });

  test('hold duplicate, foreign and malformed lines besides the good ones', async () => {
    expect(ids(await output({ itemErrors: { duplicate: 1 } }))).toHaveLength(100);
    const foreign = ids(await output({ itemErrors: { foreign: 1 } }));
    expect(foreign.filter((id) => !id.startsWith('foreign-'))).toEqual(inOrder);
    const lines = (await output({ itemErrors: { malformedLines: 1 } })).trimEnd().split('\n');
    const whole = lines.filter((line) => line.endsWith('}') && isJson(line));
    expect([lines.length, whole.length]).toEqual([100, 50]);
  });

  test('hold line separators and lines of megabytes', async () => {
    expect(await output({ output: { unicodeSeparators: true } }, 2)).toContain('\u2028');
    expect((await output({ output: { bigLines: { rate: 1, bytes: 3_000_000 } } }, 2)).length).toBeGreaterThan(
      6_000_000,
    );
  });
});

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

test('an answer of an item is the one its text asks for, at any place in the file', async () => {
  const { openai, batch } = await run({ answer: { mode: 'echo' }, output: { shuffle: true } }, chatLines(20));
  for (const line of await results(openai, batch.output_file_id)) {
    expect(answerOf(line)).toBe(`echo: question ${line.custom_id}`);
  }
});

// Datasets with rows of every kind: what is refused, shared, carried over, long, or spelled in an unusual way.

import type { ItemLine, Json } from '../../../domain/outcome/outcome.ts';
import type { Folder } from './planning.ts';

export const templateOfRow = {
  z: '{{ extra }}',
  model: '{{ model }}',
  messages: [
    { role: 'system', content: 'Say “yes” or "no" to {{ text }}{% for i in (1..count) %}.{% endfor %}' },
    { role: 'user', content: '{{ text }}' },
  ],
};

/** The same numbers each time. */
function makeDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % sides;
  };
}

const words = [
  'plain',
  'quote " and \\',
  'line\nbreak',
  'tab\t',
  'ünïcödé',
  '漢字',
  '🦉🦉',
  '\u2028',
  '\ud800 half',
  '\u0007',
];

function makeText(dice: (sides: number) => number): string {
  return Array.from({ length: dice(40) }, () => words[dice(5) === 0 ? dice(words.length) : 0]).join(' ');
}

function join(lines: readonly (string | Buffer)[], newline: (index: number) => string): Buffer {
  return Buffer.concat(lines.flatMap((line, index) => [Buffer.from(line), Buffer.from(newline(index))]));
}

const goodRow = (dice: (sides: number) => number, id: Json): string =>
  JSON.stringify({
    id,
    text: makeText(dice),
    model: dice(10) === 0 ? 'other' : 'priced',
    count: dice(4),
    extra: dice(3),
  });

/** Each is refused, for a reason of its own, or is blank. */
const oddLines: readonly (string | Buffer)[] = [
  '',
  '   ',
  ' \t ',
  '{"id":',
  'nul',
  '{"id":1,}',
  '[1]',
  'null',
  '7',
  '"text"',
  Buffer.from([0x7b, 0xff, 0x7d]),
  Buffer.from('{"id":"\ufffd","text":"a sound replacement","model":"priced","count":0,"extra":1}'),
  '{"id":"lacks","model":"priced","count":0,"extra":1}',
  '{"text":"no id","model":"priced","count":0,"extra":1}',
  `{"id":"${'x'.repeat(513)}","text":"x","model":"priced","count":0,"extra":1}`,
  '{"id":12345678901234567890,"text":"x","model":"priced","count":0,"extra":1}',
  '{"id":1e400,"text":"x","model":"priced","count":0,"extra":1}',
  '{"id":0.5,"text":"a fraction is an id","model":"priced","count":0,"extra":1}',
  '{"id":{},"text":"x","model":"priced","count":0,"extra":1}',
  '{"id":"great","text":"x","model":"priced","count":0,"extra":1e999}',
  '{"id":"large","text":1e400,"model":"priced","count":0,"extra":1}',
  '{"id":"loops","text":"x","model":"priced","count":2000000,"extra":1}',
  '{"id":"model","text":"x","model":7,"count":0,"extra":1}',
  '{"id":"model","text":"x","model":"","count":0,"extra":1}',
  '{"id":"lists","text":["a",{"b":1}],"model":"priced","count":0,"extra":{"b":[1.0,1e3],"a":12345678901234567890}}',
  `{"id":"deep","text":${'['.repeat(500_000)}${']'.repeat(500_000)},"model":"priced","count":0,"extra":1}`,
];

/** About 3.5 MB, and one row that is too long. */
export function mixedRows(): Buffer {
  const dice = makeDice(7);
  const lines: (string | Buffer)[] = [];
  for (let row = 0; row < 6000; row++) {
    lines.push(goodRow(dice, dice(3) === 0 ? `row-${row}` : row));
    if (row % 97 === 0) lines.push(oddLines[(row / 97) % oddLines.length] ?? '');
    // The same again, and the same id with another request.
    if (row % 211 === 0) lines.push(lines.at(-1) ?? '', goodRow(dice, row));
    if (row === 1000) {
      lines.push(JSON.stringify({ id: 'long', text: 'long '.repeat(250_000), model: 'priced', count: 0, extra: 0 }));
    }
    if (row === 2000) {
      lines.push(JSON.stringify({ id: 'longest', text: 'y'.repeat(3_100_000), model: 'priced', count: 0, extra: 0 }));
    }
    if (row === 3000) lines.push(`{"id":"too long","text":"${'x'.repeat(33 * 1024 * 1024)}"}`);
  }
  const text = join(lines, (index) => (index % 5 === 0 ? '\r\n' : '\n'));
  // A byte order mark at the beginning, and no newline at the end.
  return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text.subarray(0, -1)]);
}

/** More models than a job may name. */
export function rowsOfManyModels(): Buffer {
  const dice = makeDice(11);
  const lines = Array.from({ length: 400 }, (_, row) =>
    JSON.stringify({
      text: makeText(dice),
      model: `m${Math.floor(row / 9) + dice(row < 200 ? 2 : 40)}`,
      count: 0,
      extra: row,
    }),
  );
  return join(lines, () => '\n');
}

const oddBodies = [
  '{"model":"m","messages":[1],"n":1e400}',
  '{"model":"m","messages":[1],"seed":12345678901234567890}',
  '{ "messages" : [ {"content":"\\u00e9\\ud83e\\udd89 \u2028"} ] , "model":"m", "temperature":1.10 }',
  '{"model":"m","messages":[1],"messages":[2],"max_completion_tokens":5,"max_tokens":5}',
  '{"model":"other","messages":[1],"max_completion_tokens":"x"}',
  '{"model":"m","messages":[]}',
  '{"messages":[1]}',
  '{"model":"m","messages":[1],"stream":true}',
];

export function readyMadeOpenai(): Buffer {
  const dice = makeDice(13);
  const lines = Array.from({ length: 4000 }, (_, row) => {
    const plain = `{"model":"m","messages":[{"role":"user","content":${JSON.stringify(makeText(dice))}}],"max_completion_tokens":${dice(9)}}`;
    const body = row % 13 === 0 ? (oddBodies[dice(oddBodies.length)] ?? plain) : plain;
    if (row % 17 === 0) {
      return `{"\\u0062ody":${body},"url":"/v1/chat/completions","custom_id":"first-${row}","more":[]}`;
    }
    if (row % 19 === 0) return `{"custom_id":"e${row}","url":"/v1/embeddings","body":{"model":"e","input":"x"}}`;
    if (row % 23 === 0) return `{"custom_id":${dice(2)},"url":"/v1/nothing","body":${body}}`;
    return `{"custom_id":"r${dice(40) === 0 ? 1 : row}","method":"POST","url":"/v1/chat/completions","body":${body}}`;
  });
  return join([...lines, ...lines.slice(0, 100)], () => '\n');
}

export function readyMadeAnthropic(): Buffer {
  const dice = makeDice(17);
  const lines = Array.from({ length: 2000 }, (_, row) => {
    const plain = `{"model":"m","max_tokens":${dice(9) + 1},"messages":[{"role":"user","content":${JSON.stringify(makeText(dice))}}]}`;
    const body = row % 13 === 0 ? (oddBodies[dice(oddBodies.length)] ?? plain) : plain;
    return `{"custom_id":"r${dice(40) === 0 ? 1 : row}", "params": ${body} }`;
  });
  return join(lines, () => '\n');
}

export function reusedRows(): Buffer {
  const dice = makeDice(19);
  const lines = Array.from({ length: 3000 }, (_, row) => goodRow(dice, dice(20) === 0 ? 1 : `r${row}`));
  return join(lines, () => '\n');
}

/** Results for three of four of a plan's items, some in doubt. */
export function resultsOf(folder: Folder): Buffer {
  const names = Object.keys(folder.digests()).filter((name) => name.endsWith('.items.jsonl'));
  const lines = names.flatMap((name) => folder.lines<ItemLine>(name)).filter(({ row }) => row % 4 !== 0);
  return Buffer.from(
    lines
      .map(({ row, id, key, customId }) => {
        const state = row % 5 === 0 ? { status: 'failed', reason: 'in_doubt' } : { status: 'answered' };
        const rest = {
          output: `answer ${row}`,
          usage: null,
          lane: 'batch',
          model: 'm',
          finishReason: null,
          batchId: null,
        };
        return `${JSON.stringify({ row, id, key, customId, ...state, ...rest })}\n`;
      })
      .join(''),
  );
}

// The elements of a body are found wherever its pieces end, and what is not such a body is refused.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestSplitter } from '../../../../client/gateway/anthropic/split-requests.ts';

const limits = { elementBytesMax: 1000 };

/** The elements, copied: each is only valid until the next chunk. */
function split(chunks: readonly Buffer[], splitter = new RequestSplitter(limits)): string[] {
  const elements = chunks.flatMap((chunk) => splitter.push(chunk).map((element) => element.toString()));
  splitter.end();
  return elements;
}

const inPieces = (body: Buffer, bytes: number): Buffer[] =>
  Array.from({ length: Math.ceil(body.length / bytes) }, (_, at) => body.subarray(at * bytes, (at + 1) * bytes));

const element = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()).map((value) => JSON.stringify(value));

test('the elements are the same wherever the pieces end', () => {
  const bodies = fc.record({
    elements: fc.array(element, { maxLength: 5 }),
    space: fc.constantFrom('', ' ', '\n\t', '\r\n'),
    bytes: fc.integer({ min: 1, max: 40 }),
  });
  fc.assert(
    fc.property(bodies, ({ elements, space, bytes }) => {
      const list = elements.map((each) => `${space}${each}${space}`).join(',');
      const body = Buffer.from(`${space}{${space}"requests"${space}:${space}[${space}${list}]${space}}${space}`);
      const splitter = new RequestSplitter({ elementBytesMax: 1_000_000 });
      expect(split(inPieces(body, bytes), splitter)).toEqual(elements);
    }),
    { numRuns: 500 },
  );
});

test('brackets and quotes within texts do not count', () => {
  const texts = ['{"a":"}]{["}', '{"a":"\\""}', '{"a":"\\\\"}', '{"a":"\\\\\\"}"}', '{"é":"\u2028"}'];
  for (const bytes of [1, 2, 3, 1000]) {
    expect(split(inPieces(Buffer.from(`{"requests":[${texts.join(',')}]}`), bytes))).toEqual(texts);
  }
});

test.for([
  ['', 'too early'],
  ['  ', 'too early'],
  ['{', 'too early'],
  ['{"requests":[', 'too early'],
  ['{"requests":[{', 'too early'],
  ['{"requests":[{"a":"', 'too early'],
  ['{"requests":[{}', 'too early'],
  ['{"requests":[{},', 'too early'],
  ['{"requests":[{}]', 'too early'],
  ['[]', 'not JSON'],
  ['null', 'not JSON'],
  ['\ufeff{"requests":[]}', 'not JSON'],
  ['{}', 'requests: Field required'],
  ['{"request":[]}', 'another field'],
  ['{"requests" []}', 'not JSON'],
  ['{"requests":[]},', 'not JSON'],
  ['{"requests":[]}{}', 'not JSON'],
  ['{"requests":[],"a":1}', 'another field'],
  ['{"model":"m","requests":[]}', 'another field'],
  ['{"requ ests":[]}', 'another field'],
  ['{"requests":{}}', 'requests: must be a list'],
  ['{"requests":[1]}', 'requests.0: must be an object'],
  ['{"requests":[{},[]]}', 'requests.1: must be an object'],
  ['{"requests":[{},]}', 'requests.1: must be an object'],
  ['{"requests":[,]}', 'requests.0: must be an object'],
  ['{"requests":[{}{}]}', 'not JSON'],
  [`{"requests":[{},{"a":"${'x'.repeat(1000)}"}]}`, 'requests.1: has more than 1000 bytes'],
  [`{"requests":[{"a":${'['.repeat(501)}`, 'requests.0: is nested more than 500 deep'],
])('%j is refused', ([body = '', words = '']) => {
  for (const bytes of [1, 7, 5000]) expect(() => split(inPieces(Buffer.from(body), bytes))).toThrow(words);
});

test('an element that does not end is refused before it is held', () => {
  const splitter = new RequestSplitter({ elementBytesMax: 100_000 });
  splitter.push(Buffer.from('{"requests":[{"a":"'));
  const endless = (): void => {
    for (let chunk = 0; chunk < 100; chunk += 1) splitter.push(Buffer.alloc(10_000, 'x'));
  };
  expect(endless).toThrow('has more than 100000 bytes');
});

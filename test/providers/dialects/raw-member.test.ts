// The text of a member is cut out of an object's bytes as it stands there, wherever and however the object has it.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvariantBroken } from '../../../domain/refusal.ts';
import { readRawMember } from '../../../providers/dialects/raw-member.ts';

const read = (json: string, name = 'body'): string => readRawMember(Buffer.from(json), name);

test.each([
  ['first', '{"body":{"a":1},"custom_id":"x"}', '{"a":1}'],
  ['last', '{"custom_id":"x","body":{"a":1}}', '{"a":1}'],
  ['between others', '{"custom_id":"x","body":{"a":1},"method":"POST"}', '{"a":1}'],
  ['with spaces everywhere', ' \t{ "custom_id" : "x" ,\r "body" :\t{ "a" : 1 } \r}\r', '{ "a" : 1 }'],
  ['after a newline in a text', '{"custom_id":"x\\n","body":{"a":"\\n"}}', '{"a":"\\n"}'],
  ['after escaped quotes', '{"custom_id":"\\"body\\":{\\\\","body":{"a":"}\\"}\\\\"}}', '{"a":"}\\"}\\\\"}'],
  ['next to its own name in a nested object', '{"m":{"body":{"b":2}},"body":{"body":{"c":3}}}', '{"body":{"c":3}}'],
  ['before its own name in a list', '{"body":{"a":1},"m":[{"body":2},"body"]}', '{"a":1}'],
  ['twice', '{"body":{"a":1},"custom_id":"x","body":{"a":2}}', '{"a":2}'],
  ['under an escaped name', '{"\\u0062od\\u0079":{"a":1},"custom_id":"x"}', '{"a":1}'],
  ['next to a longer name', '{"body2":{"b":2},"bod":0,"body":{"a":1}}', '{"a":1}'],
  ['as a number', '{"body":-1.10E+2,"x":1}', '-1.10E+2'],
  ['as a word before a space', '{"body":null }', 'null'],
  ['as a text', '{"body":"a,}","x":1}', '"a,}"'],
  ['as a list', '{"body":[[{"]":"]"}],1] ,"x":1}', '[[{"]":"]"}],1]'],
  ['with large numbers', '{"body":{"n":12345678901234567890,"f":1.10}}', '{"n":12345678901234567890,"f":1.10}'],
  ['with unicode', '{"é":"🦉","body":{"é":"🦉\\u00e9\u2028"},"x":"é"}', '{"é":"🦉\\u00e9\u2028"}'],
])('%s', (_, json, text) => {
  expect(JSON.parse(json)).toBeInstanceOf(Object);
  expect(read(json)).toBe(text);
});

test('deeper than any stack', () => {
  const deep = `${'[{"a":'.repeat(200_000)}1${'}]'.repeat(200_000)}`;
  expect(read(`{"x":${deep},"body":${deep}}`)).toBe(deep);
});

test('always as JSON.parse reads it', () => {
  const names = fc.constantFrom('body', 'custom_id', '"body":', '\\', 'x');
  const members = fc.array(fc.tuple(names, fc.json({ maxDepth: 4 })), { maxLength: 6 });
  const spaces = fc.constantFrom('', ' ', '\t', '\r', '\n  ');
  const property = fc.property(members, fc.json(), spaces, fc.nat(6), (others, value, space, place) => {
    const all = others.toSpliced(place, 0, ['body', value]);
    const texts = all.map(([name, text]) => [JSON.stringify(name), ':', text].join(space));
    const json = `{${space}${texts.join(`${space},${space}`)}${space}}`;
    expect(read(json)).toBe(all.findLast(([name]) => name === 'body')?.[1]);
    expect(JSON.parse(read(json))).toEqual(JSON.parse(json).body);
  });
  fc.assert(property, { numRuns: 500 });
});

test('an absent member, or bytes that are cut, are an error that quotes nothing, not a loop', () => {
  for (const json of [
    '{"secret":1}',
    '{}',
    '',
    '{"secret',
    '{"secret":"',
    '{"secret":{',
    '{"secret":',
    '{"x":1 "secret":2}',
  ]) {
    expect(() => read(json)).toThrow(InvariantBroken);
    expect(() => read(json)).not.toThrow(/secret/);
  }
});

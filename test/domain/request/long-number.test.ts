// Whole numbers with more digits than a number of JavaScript keeps: requests and keys have every digit, and other numbers stay as they were.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { canonicalJson } from '../../../domain/request/canonical-json.ts';
import { holdsLongNumber, LongNumber, parseExactly } from '../../../domain/request/long-number.ts';
import { compileTemplate } from '../../../domain/request/template.ts';
import { compileText } from '../../../input/templates/liquid.ts';

const text = '{"id":9007199254740993,"list":[-12345678901234567890,{"n":1.0}],"small":9007199254740991}';

function render(template: string, row: string): string {
  const rendered = compileTemplate({ text: template }, compileText).render(parseExactly(row));
  if ('reason' in rendered) return rendered.reason;
  expect(rendered.hasValues).toBe(/^\{\{ (id|list|list\[0\]) \}\}$/.test(template));
  return /^\{"text":(.*)\}$/.exec(rendered.wire.join(''))?.[1] ?? '';
}

test.each([
  ['{{ id }}', '9007199254740993'],
  ['{{ list }}', '[-12345678901234567890,{"n":1}]'],
  ['{{ list[0] }}', '-12345678901234567890'],
  ['no. {{ id }} of {{ list }}', '"no. 9007199254740993 of [-12345678901234567890,{\\"n\\":1}]"'],
  ['{% if id %}{{ id }}{% endif %}', '"9007199254740993"'],
  ['{{ id | append: "x" }}', '"9007199254740993x"'],
  ['{{ id | json }}', '"9007199254740993"'],
  ['{% for each in list %}{{ each }} {% endfor %}', '"-12345678901234567890 {\\"n\\":1} "'],
  ['{% if id > small and list[0] < 0 and id >= 1 and id != 1 and 1 <= id %}yes{% endif %}', '"yes"'],
  ['{% if id == 9007199254740993 and 9007199254740993 == id %}yes{% endif %}', '"yes"'],
  ['{% if id == "9007199254740993" or id < 5 or id <= 5 %}yes{% else %}no{% endif %}', '"no"'],
  ['{{ id | divided_by: 9007199254740992 }}', '"1"'],
  ['{{ id.size }}', 'missing_column'],
])('%s is rendered as %s', (template, expected) => {
  expect(render(template, text)).toBe(expected);
});

test('the canonical text has every digit', () => {
  expect(canonicalJson(parseExactly(text))).toBe(
    '{"id":9007199254740993,"list":[-12345678901234567890,{"n":1}],"small":9007199254740991}',
  );
});

test('other numbers are as JSON.parse gives them', () => {
  const others = '[9007199254740992,1e300,12345678901234567890.5,0.12345678901234567,-0,1e400]';
  expect(parseExactly(others)).toEqual(JSON.parse(others));
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value);
      const parsed: Json = JSON.parse(json);
      if (!holdsLongNumber(parsed)) expect(JSON.stringify(parseExactly(json))).toBe(JSON.stringify(parsed));
    }),
  );
});

test('a value is known to hold one, wherever it is and however deep', () => {
  const nest = (inner: string, deep: number): Json => JSON.parse(`${'['.repeat(deep)}${inner}${']'.repeat(deep)}`);
  expect([holdsLongNumber(nest('9007199254740993', 200_000)), holdsLongNumber(nest('7', 200_000))]).toEqual([
    true,
    false,
  ]);
  expect(
    [{ a: [null, { b: -(2 ** 53) }] }, { a: [null, { b: 2 ** 53 - 1, c: 0.5, d: '9007199254740993' }] }].map(
      holdsLongNumber,
    ),
  ).toEqual([true, false]);
});

test('it counts like the nearest number', () => {
  expect(Number(new LongNumber('9007199254740993'))).toBe(2 ** 53);
});

// What one row's rendering may take, whatever the template does. The bounds count work, so a slow machine refuses the same rows.

import { expect, test } from 'vitest';
import type { Json } from '../../../domain/outcome/outcome.ts';
import type { Row } from '../../../domain/request/column.ts';
import { compileTemplate } from '../../../domain/request/template.ts';
import { compileText } from '../../../input/templates/liquid.ts';

const outcomeOf = (request: Json, row: Row = {}): string => {
  const rendered = compileTemplate(request, compileText).render(row);
  return 'reason' in rendered ? rendered.reason : 'rendered';
};

const list = Array.from({ length: 100_000 }, (_, index) => index);
const members = Object.fromEntries(list.map((index) => [`member${index}`, index]));
const long = 'x'.repeat(1_000_000);
const loop = (body: string, passes = 1_000_000): string => `{% for i in (1..${passes}) %}${body}{% endfor %}`;

const runaways: readonly [name: string, template: string, row?: Row][] = [
  ['a loop that writes', '{% for i in (1..100000000) %}x{% endfor %}'],
  ['a loop that writes nothing', '{% for i in (1..3000000) %}{% endfor %}'],
  ['loops in loops', loop(loop(loop('', 1000), 1000), 1000)],
  ['loops in loops over a list of the row', '{% for a in list %}{% for b in list %}{% endfor %}{% endfor %}', { list }],
  ['a loop that starts at the end of a list', loop('{% for b in list reversed limit: 1 %}{% endfor %}'), { list }],
  ['a loop that reads one member of many', loop('{% for b in members limit: 1 %}{% endfor %}'), { members }],
  ['a table', '{% tablerow i in (1..1100000) cols: 2 %}{% endtablerow %}'],
  ['text that doubles', `{% assign t = "xx" %}${'{% assign t = t | append: t %}'.repeat(40)}`],
  [
    'text that doubles in captures',
    `{% assign t = "xx" %}${'{% capture t %}{{ t }}{{ t }}{% endcapture %}'.repeat(40)}`,
  ],
  ['long text that is captured again and again', loop(`{% capture t %}${'x'.repeat(1000)}{% endcapture %}`)],
  ['long text that is written again and again', loop('{{ long }}', 1000), { long }],
  ['a filter that goes through a list', loop('{% assign s = list | sum %}'), { list }],
  [
    'a filter that searches a list',
    loop('{% assign s = list | find: "b", -1 %}'),
    { list: list.map((a) => ({ b: a })) },
  ],
  [
    'a filter that parses a long text',
    loop('{% assign s = one | where_exp: "x", long %}'),
    { one: [1], long: 'true'.padEnd(1_000_000) },
  ],
  ['a search of a long text', loop('{% if long contains "y" %}{% endif %}'), { long }],
  ['a comparison of long lists', loop('{% if list == other %}{% endif %}'), { list, other: [...list] }],
  ['the size of an object', loop('{% if members.size > 1 %}{% endif %}'), { members }],
];

test.each(runaways)('%s ends at a bound', (_, template, row = {}) => {
  expect(outcomeOf(template, row)).toBe('rendering_too_large');
});

test('the bound is for all strings of a row together, and each row begins from nothing', () => {
  const { render } = compileTemplate(
    [loop('', 600_000), '{% if twice %}'.concat(loop('', 600_000), '{% endif %}')],
    compileText,
  );
  for (const twice of [false, true, false]) {
    expect('reason' in render({ twice })).toBe(twice);
  }
  const columns = Array.from({ length: 40 }, () => '{{ long }}');
  expect([outcomeOf(columns, { long }), outcomeOf(columns.join(' '), { long })]).toEqual(
    Array.from({ length: 2 }, () => 'rendering_too_large'),
  );
  expect(outcomeOf(columns.slice(0, 30), { long })).toBe('rendered');
});

test('what real templates do is far below the bounds', () => {
  const row = { list: list.slice(0, 20_000), long };
  expect(outcomeOf('{% for each in list %}{% if each > 3 %}{{ each | times: 2 }}, {% endif %}{% endfor %}', row)).toBe(
    'rendered',
  );
  expect(outcomeOf('{{ long | strip | upcase | truncate: 900000 }}{{ list | join: "," }}', row)).toBe('rendered');
});

test('a clock that jumps refuses nothing', () => {
  const real = performance.now;
  let now = 0;
  performance.now = () => {
    now += 3_600_000;
    return now;
  };
  try {
    expect(outcomeOf('{% for i in (1..10) %}{{ i }}{% endfor %}')).toBe('rendered');
  } finally {
    performance.now = real;
  }
});

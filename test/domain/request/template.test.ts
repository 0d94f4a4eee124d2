// Request templates and the Liquid in them: types, escaping, refusals, limits.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { canonicalJson } from '../../../domain/request/canonical-json.ts';
import type { Row } from '../../../domain/request/column.ts';
import { compileTemplate } from '../../../domain/request/template.ts';
import { compileText, templateProblems } from '../../../input/templates/liquid.ts';

function render(request: Json, row: Row, isPlain?: boolean) {
  const rendered = compileTemplate(request, compileText).render(row, isPlain);
  if ('reason' in rendered) return rendered;
  return { wire: rendered.wire.join(''), canonical: rendered.canonical.join('') };
}

function textOf(text: string, row: Row): unknown {
  const rendered = render({ text }, row);
  return 'wire' in rendered ? JSON.parse(rendered.wire).text : rendered.reason;
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\u2028', '\u0000', '\ud800', '","x":"', '{{ b }}'),
);
const anyJson = fc.jsonValue().filter((value) => !Object.is(value, undefined)) as fc.Arbitrary<Json>;

describe('a rendered request', () => {
  test('is the template with the row’s values in it, whatever the row holds', () => {
    fc.assert(
      fc.property(anyText, anyText, anyJson, (a, b, c) => {
        const row = { a, b, c };
        const rendered = render({ z: '{{ a }}', list: ['x {{ a }} "{{ b }}"\\', '{{ c }}'], y: { c: '{{ c }}' } }, row);
        if (!('wire' in rendered)) throw new Error(rendered.message);
        const expected: Json = { z: a, list: [`x ${a} "${b}"\\`, c], y: { c } };
        const clean: unknown = JSON.parse(JSON.stringify(expected));
        expect(JSON.parse(rendered.wire)).toEqual(clean);
        expect(JSON.parse(rendered.canonical)).toEqual(clean);
        expect(Object.keys(JSON.parse(rendered.wire))).toEqual(['z', 'list', 'y']);
        expect(rendered.canonical).toBe(canonicalJson(JSON.parse(rendered.canonical)));
      }),
    );
  });

  test('is the same text whether or not a row is known to need no escaping', () => {
    const plainText = fc.string({ unit: 'grapheme' }).filter((text) => JSON.stringify(text) === `"${text}"`);
    fc.assert(
      fc.property(plainText, plainText, fc.integer(), (a, b, n) => {
        const request = { a: '{{ a }}', b: '{{ a }} "{{ b }}" {{ n }}', n: '{{ n }}' };
        expect(render(request, { a, b, n }, true)).toEqual(render(request, { a, b, n }, false));
      }),
    );
  });

  test('keeps a column’s type where a string is nothing but the column', () => {
    for (const value of [1, 1.5, true, null, 'x', ['a', 1], { b: { a: 1 } }]) {
      expect(textOf('{{ v }}', { v: value })).toEqual(value);
    }
    expect(textOf('{{ a.b[1].c }}', { a: { b: [0, { c: 7 }] } })).toBe(7);
    expect(textOf('{{ ["Ticket text"] }}', { 'Ticket text': 'x' })).toBe('x');
    expect(textOf('{{ order.size }}', { order: { size: 3 } })).toBe(3);
    expect(textOf('{{ tags.size }}', { tags: ['a', 'b'] })).toBe(2);
    expect(textOf('{{ tags.last }}', { tags: ['a', 'b'] })).toBe('b');
  });

  test('puts values into text: nothing for null, JSON for lists and objects', () => {
    const row = { n: null, i: 1, b: false, list: [1, 'a'], tree: { a: 1 } };
    expect(textOf('[{{ n }}|{{ i }}|{{ b }}|{{ list }}|{{ tree }}]', row)).toBe('[|1|false|[1,"a"]|{"a":1}]');
    expect(textOf('{% if true %}[{{ n }}|{{ i }}|{{ b }}|{{ list }}|{{ tree }}]{% endif %}', row)).toBe(
      '[|1|false|[1,"a"]|{"a":1}]',
    );
  });
});

describe('a request that cannot be rendered', () => {
  test('is refused for a missing column, by its name, and inherited members are none', () => {
    const message = 'there is no column nope.deep';
    expect(render({ a: '{{ id }}{{ nope.deep }}' }, { id: 1, nope: {} })).toEqual({
      reason: 'missing_column',
      message,
    });
    for (const text of [
      '{{ constructor }}',
      '{{ a.toString }}',
      'x {{ __proto__ }}',
      '{{ toString | upcase }}',
      '{{ nope | upcase }}',
    ]) {
      expect(textOf(text, { a: {} })).toBe('missing_column');
    }
    expect(textOf('{{ __proto__ }}', JSON.parse('{"__proto__": "own"}'))).toBe('own');
  });

  test('names no value of the row when it is refused', () => {
    const refused = render({ a: '{{ map[secret] | upcase }}' }, { map: {}, secret: 'hidden' });
    expect(JSON.stringify(refused)).not.toContain('hidden');
    expect(
      JSON.stringify(render({ a: '{{ x | divided_by: 0 | date: "%Y" | times: y }}' }, { x: 'hidden', y: 1 })),
    ).not.toContain('hidden');
  });

  test('does not template keys', () => {
    expect(render({ '{{ a }}': 1 }, {})).toMatchObject({ wire: '{"{{ a }}":1}' });
  });
});

describe('Liquid', () => {
  test('has its filters, conditions and loops', () => {
    const row = { tags: ['a', 'b'], name: 'Bo', when: '2026-01-02T03:04:05Z' };
    expect(textOf('{{ name | upcase | append: "!" }}', row)).toBe('BO!');
    expect(
      textOf(
        '{% for tag in tags %}{{ forloop.index }}{{ tag }}{% unless forloop.last %},{% endunless %}{% endfor %}',
        row,
      ),
    ).toBe('1a,2b');
    expect(textOf('{% if missing %}x{% else %}y{% endif %}', row)).toBe('y');
    expect(textOf('{{ missing | default: "none" }}', row)).toBe('none');
    expect(textOf('{% raw %}{{ name }}{% endraw %}', row)).toBe('{{ name }}');
    expect(textOf('{{- name -}} ', row)).toBe('Bo');
    expect(textOf('{{ when | date: "%Y-%m-%d %H" }}', row)).toBe('2026-01-02 03');
  });

  test('that asks for the present time by way of the row refuses the row', () => {
    expect(textOf('{{ when | date: "%Y" }}', { when: 'now' })).toBe('template_failed');
  });

  test('that cannot be is a problem, with its place', () => {
    const request = {
      messages: [{ content: '{{ a | nope }}' }, '{% include "x" %}', '{% nope %}', '{{ a '],
      ok: '{{ a }} {% if a %}{% endif %}',
    };
    expect(templateProblems(request)).toEqual([
      { where: 'request.messages[0].content', message: 'there is no filter nope (line 1, column 1)' },
      { where: 'request.messages[1]', message: 'the tag include reads files and is not allowed (line 1, column 1)' },
      { where: 'request.messages[2]', message: 'there is no tag nope (line 1, column 1)' },
      { where: 'request.messages[3]', message: 'is not valid Liquid (line 1, column 1)' },
    ]);
    for (const text of [
      '{% render "x" %}',
      '{% layout "x" %}',
      '{% block x %}{% endblock %}',
      '{{ a | sample }}',
      '{{ "now" | date: "%s" }}',
    ]) {
      expect(templateProblems(text)).toHaveLength(1);
    }
  });
});

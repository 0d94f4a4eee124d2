// Completion in a job's JSON: what is offered where, by the real schema, also while the JSON is not whole.

import { expect, test } from 'vitest';
import { complete, type SchemaNode } from '../../../../client/gateway/page/browser/start/complete.ts';
import { jobSchemaText } from '../../../../input/published/job-schema.ts';

const schema: SchemaNode = JSON.parse(jobSchemaText());

/** `|` is where the cursor is. */
function offered(text: string): string[] {
  const cursor = text.indexOf('|');
  return complete(text.replace('|', ''), cursor, schema).choices.map(({ label }) => label);
}

/** The text after the first choice is taken. */
function taken(text: string): string {
  const cursor = text.indexOf('|');
  const whole = text.replace('|', '');
  const { from, to, choices } = complete(whole, cursor, schema);
  return whole.slice(0, from) + (choices[0]?.insert ?? '') + whole.slice(to);
}

test('names of fields, without those that the object has, are offered in it', () => {
  const names = offered('{ "dataset": "a.jsonl", | }');
  expect(names).toEqual(expect.arrayContaining(['provider', 'batch', 'prompt', 'budget']));
  expect(names).not.toContain('dataset');
  expect(names).not.toContain('usd');
  expect(offered('{ "batch": { "maxItems": 10, | }')).toContain('concurrency');
  expect(offered('{ "batch": { "maxItems": 10 }, "budget": { "|')).toContain('usd');
});

test('values are offered where the schema knows them', () => {
  expect(offered('{ "mode": |')).toEqual(expect.arrayContaining(['batch', 'hybrid']));
  expect(offered('{ "rollout": { "approve": |')).toEqual(expect.arrayContaining(['true', 'false']));
  expect(offered('{ "mode": "hy|"')).toEqual(['hybrid']);
});

test('a choice replaces what was begun, and brings its quotes and its colon once', () => {
  expect(taken('{"prov|')).toBe('{"provider": ');
  expect(taken('{prov|')).toBe('{"provider": ');
  expect(taken('{"prov|": 1}')).toBe('{"provider": 1}');
  expect(taken('{"mode": "ba|tch", "x": 1}')).toBe('{"mode": "batch", "x": 1}');
  expect(taken('{"mode": hy|')).toBe('{"mode": "hybrid"');
});

test('nothing is offered where nothing is known, and no text breaks it', () => {
  expect(offered('|')).toEqual([]);
  expect(offered('{ "dataset" |')).toEqual([]);
  expect(offered('{ "dataset": "a" |')).toEqual([]);
  expect(offered('{ "__proto__": { |')).toEqual([]);
  const whole = '{"a":[{"b":"\\"{[","batch":{"maxItems":1}},],"mode":tru"e\n}]}';
  for (let cursor = 0; cursor <= whole.length; cursor += 1) complete(whole, cursor, schema);
});

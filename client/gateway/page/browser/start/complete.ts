// What may be written where the cursor is in a job's JSON: names of fields and values, as the schema has them. Needs no browser.

import { findPlace } from './json-place.ts';

/** What is used of a JSON Schema. */
export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
}

export interface Choice {
  /** What a person reads. */
  readonly label: string;
  readonly description: string;
  /** What is put into the text. */
  readonly insert: string;
}

export interface Completion {
  /** The part of the text that a choice replaces. */
  readonly from: number;
  readonly to: number;
  readonly choices: readonly Choice[];
}

export function complete(text: string, cursor: number, schema: SchemaNode): Completion {
  const place = findPlace(text, cursor);
  const { from, to } = place;
  if (place.kind === 'nowhere') return { from, to, choices: [] };
  const nodes = place.path.reduce<readonly SchemaNode[]>(step, expand(schema));
  const all = place.kind === 'key' ? listKeys(nodes, place.used, text.slice(to)) : listValues(nodes);
  const typed = place.typed.toLowerCase();
  const choices = all.filter(({ label }) => label.toLowerCase().includes(typed));
  // Those that begin with what was typed come first.
  const starts = ({ label }: Choice): number => (label.toLowerCase().startsWith(typed) ? 0 : 1);
  return { from, to, choices: choices.toSorted((a, b) => starts(a) - starts(b)) };
}

/** A node, and those of which it allows one. */
const expand = (node: SchemaNode): readonly SchemaNode[] => [
  node,
  ...[node.anyOf, node.oneOf, node.allOf].flatMap((nodes) => (nodes ?? []).flatMap(expand)),
];

function step(nodes: readonly SchemaNode[], name: string | number): readonly SchemaNode[] {
  return nodes.flatMap(({ items, properties, additionalProperties }) => {
    if (typeof name === 'number') return items === undefined ? [] : expand(items);
    const known = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined) return expand(known);
    return typeof additionalProperties === 'object' ? expand(additionalProperties) : [];
  });
}

function listKeys(nodes: readonly SchemaNode[], used: ReadonlySet<string>, rest: string): readonly Choice[] {
  const colon = /^\s*:/.test(rest) ? '' : ': ';
  const found = new Map<string, Choice>();
  for (const [name, { description = '' }] of nodes.flatMap(({ properties = {} }) => Object.entries(properties))) {
    if (used.has(name) || found.has(name)) continue;
    found.set(name, { label: name, description, insert: `${JSON.stringify(name)}${colon}` });
  }
  return [...found.values()];
}

function listValues(nodes: readonly SchemaNode[]): readonly Choice[] {
  const found = new Map<string, Choice>();
  const add = (value: unknown, description: string): void => {
    const insert = JSON.stringify(value);
    const label = typeof value === 'string' ? value : insert;
    if (!found.has(insert)) found.set(insert, { label, description, insert });
  };
  for (const node of nodes) {
    for (const value of node.enum ?? []) add(value, '');
    if (node.const !== undefined) add(node.const, '');
    const types = [node.type].flat();
    if (types.includes('boolean')) for (const value of [true, false]) add(value, '');
    if (types.includes('null')) add(null, '');
    for (const value of node.examples ?? []) add(value, 'example');
  }
  return [...found.values()];
}

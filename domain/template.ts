// A request template compiled once into JSON fragments with slots between them: a row is rendered by joining the two.

import { canonicalJson } from './canonical-json.ts';
import { type Column, columnName, type Row, valueAt } from './column.ts';
import type { Json } from './outcome.ts';

/** What a string of the template turned out to be. */
export type CompiledText =
  | { readonly kind: 'static'; readonly text: string }
  /** Exactly one column: keeps its JSON type. */
  | { readonly kind: 'column'; readonly column: Column }
  /** Text with columns in between. */
  | { readonly kind: 'parts'; readonly parts: readonly (string | Column)[] }
  | { readonly kind: 'text'; readonly render: (row: Row) => string | Refusal };

/** Why a row cannot be rendered: says what the template wants, nothing that the row holds. */
export interface Refusal {
  readonly reason: 'missing_column' | 'template_failed';
  readonly message: string;
}

/** The request as JSON text twice: with the template's own order of keys, and canonical. */
export interface Rendered {
  readonly wire: string;
  readonly canonical: string;
}

export interface Template {
  render(row: Row): Rendered | Refusal;
  /** Whether a row's own value, with its type, stands anywhere outside a list: then the row may set a bound such as a token limit. */
  readonly valuesFromRow: boolean;
}

/** One string's place: its JSON text for a row, and the canonical text where that differs. */
type Slot = (row: Row, into: Texts, index: number) => Refusal | null;

interface Texts {
  readonly wire: string[];
  readonly canonical: string[];
}

type Node =
  | { readonly kind: 'text'; readonly json: string }
  | { readonly kind: 'slot'; readonly index: number }
  | { readonly kind: 'list'; readonly nodes: readonly Node[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [name: string, node: Node])[] };

/** Fragments around slots: one more than there are slots. */
interface Joint {
  readonly fragments: readonly string[];
  readonly slots: readonly number[];
}

export function compileTemplate(request: Json, compileText: (text: string) => CompiledText): Template {
  const slots: Slot[] = [];
  let valuesFromRow = false;

  const compile = (value: Json, inList: boolean): Node => {
    if (typeof value === 'string') return compileString(compileText(value), inList);
    if (Array.isArray(value)) return { kind: 'list', nodes: value.map((each) => compile(each, true)) };
    if (value === null || typeof value !== 'object') return { kind: 'text', json: JSON.stringify(value) };
    return { kind: 'object', members: Object.entries(value).map(([name, each]) => [name, compile(each, inList)]) };
  };

  const compileString = (text: CompiledText, inList: boolean): Node => {
    if (text.kind === 'static') return { kind: 'text', json: JSON.stringify(text.text) };
    valuesFromRow ||= text.kind === 'column' && !inList;
    slots.push(slotOf(text));
    return { kind: 'slot', index: slots.length - 1 };
  };

  const root = compile(request, false);
  const wire = jointOf(root, (members) => members);
  const canonical = jointOf(root, (members) => [...members].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { render: renderer(slots, wire, canonical), valuesFromRow };
}

function renderer(slots: readonly Slot[], wire: Joint, canonical: Joint): Template['render'] {
  // Used again for every row: rendering is never interrupted.
  const texts: Texts = { wire: slots.map(() => ''), canonical: slots.map(() => '') };
  return (row) => {
    for (let index = 0; index < slots.length; index++) {
      const refusal = slots[index]?.(row, texts, index) ?? null;
      if (refusal !== null) return refusal;
    }
    return { wire: joined(wire, texts.wire), canonical: joined(canonical, texts.canonical) };
  };
}

function joined({ fragments, slots }: Joint, texts: readonly string[]): string {
  let text = fragments[0] ?? '';
  for (let index = 0; index < slots.length; index++) text += texts[slots[index] ?? 0] + (fragments[index + 1] ?? '');
  return text;
}

function slotOf(text: Exclude<CompiledText, { kind: 'static' }>): Slot {
  if (text.kind === 'column') return columnSlot(text.column);
  const textOf = text.kind === 'parts' ? partsText(text.parts) : text.render;
  return (row, into, index) => {
    const rendered = textOf(row);
    if (typeof rendered !== 'string') return rendered;
    into.wire[index] = into.canonical[index] = JSON.stringify(rendered);
    return null;
  };
}

function columnSlot(column: Column): Slot {
  return (row, into, index) => {
    const value = valueAt(row, column);
    if (value === undefined) return missing(column);
    if (typeof value === 'number' && !Number.isFinite(value)) return tooGreat(column);
    into.wire[index] = into.canonical[index] = JSON.stringify(value);
    if (typeof value === 'object' && value !== null) into.canonical[index] = canonicalJson(value);
    return null;
  };
}

function partsText(parts: readonly (string | Column)[]): (row: Row) => string | Refusal {
  return (row) => {
    let text = '';
    for (const part of parts) {
      if (typeof part === 'string') {
        text += part;
        continue;
      }
      const value = valueAt(row, part);
      if (value === undefined) return missing(part);
      text += textOfValue(value);
    }
    return text;
  };
}

/** A value inside a text: nothing for null, JSON for what is no text by itself. */
export function textOfValue(value: Json): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function missing(column: Column): Refusal {
  return { reason: 'missing_column', message: `there is no column ${columnName(column)}` };
}

function tooGreat(column: Column): Refusal {
  return { reason: 'template_failed', message: `the number in column ${columnName(column)} is too great` };
}

function jointOf(root: Node, order: (members: NodeMembers) => NodeMembers): Joint {
  const fragments = [''];
  const slots: number[] = [];
  const add = (text: string): void => {
    fragments[fragments.length - 1] += text;
  };
  const walk = (node: Node): void => {
    if (node.kind === 'text') add(node.json);
    else if (node.kind === 'slot') {
      slots.push(node.index);
      fragments.push('');
    } else if (node.kind === 'list') {
      between('[', ']', node.nodes, walk);
    } else {
      between('{', '}', order(node.members), ([name, member]) => {
        add(`${JSON.stringify(name)}:`);
        walk(member);
      });
    }
  };
  const between = <T>(opening: string, closing: string, each: readonly T[], one: (item: T) => void): void => {
    add(opening);
    each.forEach((item, index) => {
      if (index > 0) add(',');
      one(item);
    });
    add(closing);
  };
  walk(root);
  return { fragments, slots };
}

type NodeMembers = readonly (readonly [name: string, node: Node])[];

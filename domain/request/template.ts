// A request template, compiled once into JSON fragments with slots between them. Rendering a row joins the two.

import type { Json } from '../outcome/outcome.ts';
import { canonicalJson } from './canonical-json.ts';
import { type Column, columnName, type Row, valueAt } from './column.ts';
import { LongNumber } from './long-number.ts';
import { type Joint, Pieces } from './pieces.ts';
import { RenderWork, renderStepsMax, renderUnitsMax } from './render-work.ts';

/** The kind of a string in the template. */
export type CompiledText =
  | { readonly kind: 'static'; readonly text: string }
  /** Exactly one column: keeps its JSON type. */
  | { readonly kind: 'column'; readonly column: Column }
  /** Text with columns in between. */
  | { readonly kind: 'parts'; readonly parts: readonly (string | Column)[] }
  /** Any error it throws counts as a passed bound, if the work says so. */
  | { readonly kind: 'text'; readonly render: (row: Row, work: RenderWork) => string | Refusal };

/** Why a row cannot be rendered: says what the template needs, never what the row holds. */
export interface Refusal {
  readonly reason: 'missing_column' | 'template_failed' | 'rendering_too_large';
  readonly message: string;
}

/**
 * The request as JSON text twice: with the template's own order of keys, and canonical. The texts are in pieces, because joining long ones would
 * copy them. The pieces are valid until the next row is rendered.
 */
export interface Rendered {
  readonly wire: readonly string[];
  readonly canonical: readonly string[];
  /** Whether the row put a list or an object into the request, or anything but a text outside of its lists: then it may ask for anything. */
  readonly hasValues: boolean;
}

export interface Template {
  /** `isPlain`: no text in the row has a character that JSON escapes. Then no text is searched for one, which would cost the most. */
  render(row: Row, isPlain?: boolean): Rendered | Refusal;
  /** Whether the row's own values, with their types, appear anywhere outside a list: then the row may set a bound such as a token limit. */
  readonly valuesFromRow: boolean;
}

/** The place of one string: its JSON text for a row, and the canonical text if that differs. */
type Slot = (row: Row, isPlain: boolean, into: Texts, index: number) => Refusal | null;

interface Texts {
  readonly wire: string[];
  readonly canonical: string[];
  /** Whether quotes belong around a text. */
  readonly isQuoted: boolean[];
  hasValues: boolean;
  readonly work: RenderWork;
}

type Node =
  | { readonly kind: 'text'; readonly json: string }
  | { readonly kind: 'slot'; readonly index: number }
  | { readonly kind: 'list'; readonly nodes: readonly Node[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [name: string, node: Node])[] };

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
    slots.push(makeSlot(text, inList));
    return { kind: 'slot', index: slots.length - 1 };
  };

  const root = compile(request, false);
  const wire = makeJoint(root, (members) => members);
  const canonical = makeJoint(root, (members) => [...members].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { render: renderer(slots, wire, canonical), valuesFromRow };
}

function renderer(slots: readonly Slot[], wire: Joint, canonical: Joint): Template['render'] {
  // Reused for every row: rendering is never interrupted.
  const work = new RenderWork();
  const empty = (): string[] => slots.map(() => '');
  const texts: Texts = {
    wire: empty(),
    canonical: empty(),
    isQuoted: slots.map(() => false),
    hasValues: false,
    work,
  };
  const [wirePieces, canonicalPieces] = [new Pieces(wire), new Pieces(canonical)];
  const fill = (row: Row, isPlain: boolean): Refusal | null => {
    for (let index = 0; index < slots.length; index++) {
      const refusal = slots[index]?.(row, isPlain, texts, index) ?? null;
      if (refusal !== null) return refusal;
    }
    return null;
  };
  return (row, isPlain = false) => {
    work.begin();
    texts.hasValues = false;
    try {
      const refusal = fill(row, isPlain);
      if (refusal !== null) return refusal;
    } catch (error) {
      if (work.isPassed) return tooMuchWork;
      throw error;
    }
    return {
      wire: wirePieces.fill(texts.wire, texts.isQuoted),
      canonical: canonicalPieces.fill(texts.canonical, texts.isQuoted),
      hasValues: texts.hasValues,
    };
  };
}

function makeSlot(text: Exclude<CompiledText, { kind: 'static' }>, inList: boolean): Slot {
  if (text.kind === 'column') return columnSlot(text.column, inList);
  if (text.kind === 'parts') return partsSlot(text.parts);
  return (row, _, into, index) => {
    const rendered = text.render(row, into.work);
    if (typeof rendered !== 'string') return rendered;
    into.wire[index] = into.canonical[index] = JSON.stringify(rendered);
    return null;
  };
}

function columnSlot(column: Column, inList: boolean): Slot {
  return (row, isPlain, into, index) => {
    const value = valueAt(row, column);
    if (value === undefined) return missing(column);
    if (typeof value === 'number' && !Number.isFinite(value)) return tooGreat(column);
    const isText = isPlain && typeof value === 'string';
    into.isQuoted[index] = isText;
    const shown = isText ? value : JSON.stringify(value);
    into.wire[index] = into.canonical[index] = shown;
    into.work.make(shown.length + (isText ? 2 : 0));
    if (typeof value === 'object' && value !== null && !(value instanceof LongNumber)) {
      into.canonical[index] = canonicalJson(value);
      into.hasValues = true;
    } else if (!inList && typeof value !== 'string') {
      into.hasValues = true;
    }
    return null;
  };
}

/** The text between the columns is escaped only once. */
function partsSlot(parts: readonly (string | Column)[]): Slot {
  const escapedParts = parts.map((part) => (typeof part === 'string' ? escaped(part) : part));
  return (row, isPlain, into, index) => {
    let text = '"';
    for (const part of escapedParts) {
      if (typeof part === 'string') {
        text += part;
        continue;
      }
      const value = valueAt(row, part);
      if (value === undefined) return missing(part);
      const shown = isPlain && typeof value === 'string' ? value : escaped(textOfValue(value));
      into.work.make(shown.length);
      text += shown;
    }
    into.wire[index] = into.canonical[index] = `${text}"`;
    return null;
  };
}

/** The text as it appears inside a JSON string. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** A value inside a text: nothing for null, JSON for anything but a string. */
export function textOfValue(value: Json): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function missing(column: Column): Refusal {
  return { reason: 'missing_column', message: `there is no column ${columnName(column)}` };
}

export const tooMuchWork: Refusal = {
  reason: 'rendering_too_large',
  message: `the template takes more than ${renderStepsMax} steps, or makes more than ${renderUnitsMax} characters and list elements, with this row`,
};

function tooGreat(column: Column): Refusal {
  return { reason: 'template_failed', message: `the number in column ${columnName(column)} is too great` };
}

function makeJoint(root: Node, order: (members: NodeMembers) => NodeMembers): Joint {
  const fragments = [''];
  const slots: number[] = [];
  const add = (text: string): void => {
    fragments[fragments.length - 1] += text;
  };
  const walk = (node: Node): void => {
    if (node.kind === 'text') {
      add(node.json);
    } else if (node.kind === 'slot') {
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

// Compiles the part of Liquid that a template may use: pure, bounded, without files, and with only a row's own values.

import { Liquid } from 'liquidjs';
import type { Json } from '../../domain/outcome/outcome.ts';
import type { Column, Row } from '../../domain/request/column.ts';
import type { RenderWork } from '../../domain/request/render-work.ts';
import { type CompiledText, type Refusal, textOfValue } from '../../domain/request/template.ts';
import { countingOperators, countWorkOf, renderCounting } from './bounded-liquid.ts';

/** The longest template string. */
const parseCharsMax = 1024 * 1024;

/** They read files, or take their text from elsewhere. */
const fileTags = new Set(['include', 'render', 'layout', 'block']);

/** They depend on chance: a plan that is made again must be equal. */
const impureFilters = ['sample'];
const dateFilters = ['date', 'date_to_xmlschema', 'date_to_rfc822', 'date_to_string', 'date_to_long_string'];

export const liquid = createLiquid();

export function compileText(text: string): CompiledText {
  if (!text.includes('{{') && !text.includes('{%')) return { kind: 'static', text };
  const parts = plainParts(text);
  if (parts === null) return { kind: 'text', render: renderedBy(text) };
  const [only] = parts;
  return parts.length === 1 && typeof only === 'object' ? { kind: 'column', column: only } : { kind: 'parts', parts };
}

/** Why a request template cannot be compiled: each problem with its place, e.g. `request.messages[1].content`. */
export function templateProblems(value: Json, where = 'request'): { where: string; message: string }[] {
  if (typeof value === 'string') {
    const message = findProblem(value);
    return message === null ? [] : [{ where, message }];
  }
  if (Array.isArray(value)) return value.flatMap((each, index) => templateProblems(each, `${where}[${index}]`));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, each]) => templateProblems(each, `${where}.${name}`));
}

function createLiquid(): Liquid {
  const engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    // `if` and `default` may name a column that a row does not have.
    lenientIf: true,
    ownPropertyOnly: true,
    parseLimit: parseCharsMax,
    operators: countingOperators,
    outputEscape: (value: unknown) => (isTree(value) ? textOfValue(value) : String(value ?? '')),
    // Gives the same text on every machine.
    timezoneOffset: 0,
    locale: 'en-US',
    cache: false,
  });
  for (const tag of fileTags) delete engine.tags[tag];
  for (const filter of impureFilters) delete engine.filters[filter];
  for (const filter of dateFilters) refuseNow(engine, filter);
  countWorkOf(engine);
  return engine;
}

/** With the present time, a date filter would give each plan another text. */
function refuseNow(engine: Liquid, name: string): void {
  const filter = engine.filters[name];
  if (typeof filter !== 'function') return;
  engine.registerFilter(name, function (value: unknown, ...rest: unknown[]) {
    if (value === 'now' || value === 'today') throw new Error('the present time is not a column');
    return filter.call(this, value, ...rest);
  });
}

function isTree(value: unknown): value is Json {
  if (Array.isArray(value)) return true;
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function renderedBy(text: string): (row: Row, work: RenderWork) => string | Refusal {
  const templates = liquid.parse(text);
  return (row, work) => {
    try {
      return renderCounting(liquid, templates, row, work);
    } catch (error) {
      if (work.isPassed) throw error;
      return toRefusal(error, text);
    }
  };
}

export function toRefusal(error: unknown, text: string): Refusal {
  if (!(error instanceof Error) || error.name !== 'UndefinedVariableError') return failed;
  const name = /undefined variable: ([\p{L}\p{N}_.-]+)/u.exec(error.message)?.[1];
  // Only names in the template are shown: another name came from a row's value.
  const known = name !== undefined && text.includes(name) ? ` ${name}` : '';
  return { reason: 'missing_column', message: `there is no column${known}` };
}

const failed: Refusal = { reason: 'template_failed', message: 'the template cannot be rendered with this row' };

/** Null if the text compiles. */
function findProblem(text: string): string | null {
  if (!text.includes('{{') && !text.includes('{%')) return null;
  return plainParts(text) === null ? describeProblem(text, (each) => liquid.parse(each)) : null;
}

/** Null if the text can be parsed. The parser's own message quotes the text, so ours only names the place. */
export function describeProblem(text: string, parse: (text: string) => unknown): string | null {
  if (presentTime.test(text)) {
    return 'asks for the present time, which differs from run to run: give the date in a column';
  }
  try {
    parse(text);
    return null;
  } catch (error) {
    return wordsFor(error instanceof Error ? error.message : '');
  }
}

const presentTime = /(["'])(?:now|today)\1\s*\|\s*date/;

function wordsFor(message: string): string {
  const place = /line:(\d+), col:(\d+)/.exec(message);
  const at = place === null ? '' : ` (line ${place[1]}, column ${place[2]})`;
  const tag = /tag "([\w-]{1,40})" not found/.exec(message)?.[1];
  if (tag !== undefined && fileTags.has(tag)) return `the tag ${tag} reads files and is not allowed${at}`;
  if (tag !== undefined) return `there is no tag ${tag}${at}`;
  const filter = /undefined filter: ([\w-]{1,40})/.exec(message)?.[1];
  return filter === undefined ? `is not valid Liquid${at}` : `there is no filter ${filter}${at}`;
}

/** The parts of a text that holds only plain variables and the text between them; null if it needs Liquid. */
function plainParts(text: string): (string | Column)[] | null {
  const parts: (string | Column)[] = [];
  let from = 0;
  for (const { 0: whole, 1: inner, index } of text.matchAll(plainOutput)) {
    const column = parseColumn(inner ?? '');
    if (column === null) return null;
    if (index > from) parts.push(text.slice(from, index));
    parts.push(column);
    from = index + whole.length;
  }
  if (from < text.length) parts.push(text.slice(from));
  const hasMore = parts.some((part) => typeof part === 'string' && (part.includes('{{') || part.includes('{%')));
  return hasMore ? null : parts;
}

const plainOutput = /\{\{\s*([^\s{}|-][^{}|]*?)\s*\}\}/g;
const wholeColumn =
  /^(?:[\p{L}_][\p{L}\p{N}_-]*|\["[^"\\]*"\]|\['[^'\\]*'\])(?:\.[\p{L}_][\p{L}\p{N}_-]*|\[-?\d+\]|\["[^"\\]*"\]|\['[^'\\]*'\])*$/u;
const columnStep = /\[(-?\d+)\]|\["([^"]*)"\]|\['([^']*)'\]|([\p{L}_][\p{L}\p{N}_-]*)/gu;
const literals = new Set(['true', 'false', 'nil', 'null', 'empty', 'blank', 'undefined']);

function parseColumn(expression: string): Column | null {
  if (!wholeColumn.test(expression) || literals.has(expression) || expression.endsWith('-')) return null;
  return [...expression.matchAll(columnStep)].map(([, position, quoted, apostrophed, name]) =>
    position === undefined ? (quoted ?? apostrophed ?? name ?? '') : Number(position),
  );
}

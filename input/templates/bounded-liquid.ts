// Makes a Liquid engine count its work: liquidjs bounds the time of a rendering by the clock, and does not count what is written or what loops
// and comparisons go through.

import {
  Context,
  defaultOperators,
  type Emitter,
  evalToken,
  ForTag,
  isTruthy,
  type Liquid,
  type Operators,
  TablerowTag,
  type Template,
  TypeGuards,
  toValue,
  toValueSync,
  type Value,
} from 'liquidjs';
import type { Row } from '../../domain/request/column.ts';
import type { RenderWork } from '../../domain/request/render-work.ts';

/** Call it once for an engine, after its filters are complete. Its operators must be `countingOperators`. */
export function countWorkOf(engine: Liquid): void {
  countWrites(engine);
  countFilters(engine);
  engine.registerTag('for', CountingFor);
  engine.registerTag('tablerow', CountingTablerow);
}

/** Throws if the template cannot be rendered, and if the work passes a bound: `work.isPassed` tells the two apart. */
export function renderCounting(engine: Liquid, templates: Template[], row: Row, work: RenderWork): string {
  return String(engine.renderSync(templates, makeContext(engine, row, work)));
}

/** Whether the value counts as true. Throws as `renderCounting` does. */
export function evaluateCounting(engine: Liquid, value: Value, row: Row, work: RenderWork): boolean {
  const context = makeContext(engine, row, work);
  return isTruthy(toValueSync(value.value(context, false)), context);
}

function makeContext(engine: Liquid, row: Row, work: RenderWork): Context {
  const context = new RowContext(row, engine.options, { sync: true }, { liquid: engine });
  // liquidjs calls the first at each part of a template, with the time, and tells the second what a filter or a range is about to make.
  context.renderLimit.check = () => work.step();
  context.memoryLimit.use = (units) => work.make(units);
  workByLimit.set(context.renderLimit, work);
  return context;
}

/** By the limit, because a context that a filter makes from another one shares it. */
const workByLimit = new WeakMap<object, RenderWork>();

const readWork = ({ renderLimit }: Context): RenderWork | undefined => workByLimit.get(renderLimit);

/** The size of an object is counted each time. */
class RowContext extends Context {
  override readProperty(value: object, key: string | number): unknown {
    if (key === 'size') readWork(this)?.goThroughMembers(value);
    return super.readProperty(value, key);
  }
}

/** Also counts what a `capture` writes. */
function countWrites({ renderer }: Liquid): void {
  const render = renderer.renderTemplates.bind(renderer);
  renderer.renderTemplates = (templates, context, emitter = makeEmitter(context)) =>
    render(templates, context, emitter);
}

function makeEmitter({ memoryLimit }: Context): Emitter {
  const emitter = {
    buffer: '',
    write(value: unknown) {
      const text = textOf(value);
      memoryLimit.use(text.length);
      emitter.buffer += text;
    },
  };
  return emitter;
}

/** The text that liquidjs writes for a value. */
function textOf(given: unknown): string {
  if (typeof given === 'string') return given;
  const value: unknown = toValue(given);
  return Array.isArray(value) ? value.map(textOf).join('') : String(value ?? '');
}

/** Filters that evaluate something for each element, by a name or an expression that they parse. */
const evaluates = /^(find|group_by|has|map|reject|sort|sum|where)/;
/** The cost of one evaluation, and of parsing 1,024 characters. */
const [evaluationSteps, parseSteps] = [8, 64];
/** The cost of making an element from an object's member. */
const memberSteps = 4;

function countFilters(engine: Liquid): void {
  for (const [name, filter] of Object.entries(engine.filters)) {
    const { handler, raw } = typeof filter === 'function' ? { handler: filter, raw: false } : filter;
    engine.registerFilter(name, {
      raw,
      handler(value: unknown, ...rest: unknown[]) {
        const work = readWork(this.context);
        work?.goThrough(value, evaluates.test(name) ? evaluationSteps : 1);
        for (const each of rest) work?.goThrough(each, evaluates.test(name) ? parseSteps : 1);
        return handler.call(this, value, ...rest);
      },
    });
  }
}

const goesThroughNothing = new Set(['not', 'and', 'or']);

/** Comparisons and searches that count what they go through. */
export const countingOperators: Operators = Object.fromEntries(
  Object.entries(defaultOperators).map(([name, operator]) => [
    name,
    goesThroughNothing.has(name) ? operator : countComparison(operator),
  ]),
);

function countComparison(operator: Operators[string]): Operators[string] {
  return (left: unknown, right: unknown, context: Context) => {
    const work = readWork(context);
    work?.goThrough(left);
    work?.goThrough(right);
    return operator(left, right, context);
  };
}

/** A loop's passes count by themselves. Its modifiers go through the whole collection before the first pass. */
function* goThroughCollection(collection: ForTag['collection'], context: Context): Generator<unknown, void, unknown> {
  if (TypeGuards.isRangeToken(collection)) return;
  const value = yield evalToken(collection, context);
  const work = readWork(context);
  work?.goThrough(value);
  work?.goThroughMembers(value, memberSteps);
}

class CountingFor extends ForTag {
  override *render(context: Context, emitter: Emitter): ReturnType<ForTag['render']> {
    yield* goThroughCollection(this.collection, context);
    return yield* super.render(context, emitter);
  }
}

class CountingTablerow extends TablerowTag {
  override *render(context: Context, emitter: Emitter): ReturnType<TablerowTag['render']> {
    yield* goThroughCollection(this.collection, context);
    return yield* super.render(context, emitter);
  }
}

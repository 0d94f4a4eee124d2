// A row of the dataset becomes an item with a key, or is refused with the reason.

import type { RowId, RowNumber } from '../../domain/ids.ts';
import type { JobFile } from '../../domain/job.ts';
import type { OutputLimit } from '../../domain/money/output-limit.ts';
import type { Json, RowRefusal } from '../../domain/outcome/outcome.ts';
import type { RoutePolicy } from '../../domain/plan/route.ts';
import { JobRefused } from '../../domain/refusal.ts';
import { canonicalJson } from '../../domain/request/canonical-json.ts';
import { holdsLongNumber, parseExactly } from '../../domain/request/long-number.ts';
import { findIdIn, isGoodId, readId, refuseId } from '../../domain/request/row-id.ts';
import { compileTemplate } from '../../domain/request/template.ts';
import { compileCondition } from '../../input/templates/condition.ts';
import { compileText } from '../../input/templates/liquid.ts';
import { keyTexts } from '../../job-folder/identity.ts';
import type { Dialect } from '../../providers/dialects/dialect.ts';
import { isStackTooSmall, isTextTooLong, type RowRecord, tooDeep } from '../../storage/formats/jsonl-record.ts';
import { lackingFinder } from './lacking-finder.ts';
import { countOutput, requireNoCap } from './output-tokens.ts';
import type { ItemGroup } from './rendered-rows.ts';

/** A row of the dataset, parsed. */
export interface GoodRow {
  readonly row: RowNumber;
  readonly record: RowRecord;
  readonly raw: Buffer;
}

/** An item whose key is not hashed yet. */
export interface ReadItem extends ItemGroup {
  readonly row: RowNumber;
  readonly id: RowId;
  /** Pieces of the text whose hash is the key. They are valid until the next row is read. */
  readonly keyText: readonly string[];
  /** Pieces of the body as JSON text, valid until the next row is read. */
  readonly request: readonly string[];
  readonly limit: OutputLimit;
  /** The most output tokens; null if neither the request nor its model has a known limit. */
  readonly outputTokens: number | null;
  /** Whether the row matches the job's route. */
  readonly isRouted: boolean;
}

export type ReadRow = (row: GoodRow) => ReadItem | RowRefusal;

/** JSON can write a quote, a control character or half of a surrogate pair only with a backslash: a row without one has none of them. */
const backslash = 0x5c;

export function isRefusal(read: ReadItem | RowRefusal): read is RowRefusal {
  return 'reason' in read;
}

/** The part of a job that its rows are rendered by. */
type RowJob = Pick<JobFile, 'spec' | 'prices'>;

export function rowReader(job: RowJob, dialect: Dialect): ReadRow {
  const { request, route, dataset } = job.spec;
  const read = request === null ? requestLineReader(job, dialect) : templateReader(job, dialect, request);
  const idFields = request === null ? dialect.idFields : [dataset.id ?? 'id'];
  return namingRefused(refusingExcess(route === undefined ? read : routing(read, route)), idFields);
}

/** The row that is refused is known by its id too. */
function namingRefused(read: ReadRow, idFields: readonly string[]): ReadRow {
  return (row) => {
    const item = read(row);
    if (!isRefusal(item)) return item;
    const id = findIdIn(row.record, idFields);
    return id === null ? item : { ...item, id };
  };
}

function routing(read: ReadRow, { when }: RoutePolicy): ReadRow {
  const matches = when === null ? () => true : compileCondition(when);
  return (row) => {
    const item = read(row);
    if (isRefusal(item)) return item;
    const isRouted = matches(row.record);
    if (typeof isRouted === 'boolean') return { ...item, isRouted };
    return { ...isRouted, message: `in route.when: ${isRouted.message}` };
  };
}

/** A row may need more stack than there is, or longer texts and lists than there can be: it is refused, and the others are not affected. */
function refusingExcess(read: ReadRow): ReadRow {
  return (row) => {
    try {
      return read(row);
    } catch (error) {
      if (isStackTooSmall(error)) return { reason: 'template_failed', message: tooDeep };
      if (error instanceof RangeError || isTextTooLong(error)) return tooLong;
      throw error;
    }
  };
}

const tooLong: RowRefusal = {
  reason: 'rendering_too_large',
  message: 'it makes a text or a list that is longer than a program can hold; shorten the row, or the template',
};

/** Rows that are request lines already: of each, the body is kept, and planning writes the line around it again in its own form. */
function requestLineReader(job: RowJob, dialect: Dialect): ReadRow {
  const makeKeyText = keyTexts(dialect.name, job.spec.schema);
  const countOutput = outputCounter(job);
  const findLacking = lackingFinder(job, dialect);
  return ({ row, record, raw }) => {
    const line = dialect.parseRequestLine(record, raw);
    if (line.kind === 'problem') return { reason: 'bad_request_line', message: readWords(record) ?? line.problem };
    const { id, endpoint, body, bodyText } = line;
    if (!isGoodId(id)) return refuseId('custom_id');
    const model = line.model ?? requireModel(job.spec.model);
    const unfit = line.model === null ? dialect.findModelProblem?.(model, endpoint) : null;
    if (typeof unfit === 'string') return { reason: 'unsupported', message: unfit };
    const lacking = findLacking(model, () => body, endpoint);
    if (lacking !== null) return lacking;
    const limit = dialect.outputLimit(body, endpoint);
    const outputTokens = countOutput(limit, model, row);
    const keyText = makeKeyText(id, nameCall(dialect, endpoint, model), [
      canonicalJson(holdsLongNumber(body) ? parseExactly(bodyText) : body),
    ]);
    return { row, id, keyText, model, endpoint, request: [bodyText], limit, outputTokens, isRouted: false };
  };
}

/** The program that made the lines may have made no request of a row: it says why in the member `nightshift`. */
function readWords({ nightshift: made }: RowRecord): string | null {
  const words = isObject(made ?? null) ? Object(made).refused : null;
  return typeof words === 'string' && words !== '' ? words.slice(0, wordsMax) : null;
}

const wordsMax = 500;

function templateReader(job: RowJob, dialect: Dialect, request: Json): ReadRow {
  const { spec } = job;
  const body = dialect.modelInBody ? withModel(request, spec.model) : request;
  const template = compileTemplate(body, compileText);
  const makeKeyText = keyTexts(dialect.name, spec.schema);
  const endpoint = spec.endpoint ?? dialect.defaultEndpoint;
  const ownModel = dialect.modelInBody ? findOwnModel(body) : requireModel(spec.model);
  const readLimit = limitReader(dialect, body, endpoint, template.valuesFromRow);
  const countOutput = outputCounter(job);
  const findLacking = lackingFinder(job, dialect);
  const isJoint = (spec.batch.inputsPerRequest ?? 1) > 1;
  return ({ row, record, raw }) => {
    const id = readId(record, row, spec.dataset.id);
    if (typeof id === 'object') return id;
    const exact = holdsLongNumber(record) ? parseExactly<RowRecord>(raw.toString()) : record;
    const rendered = template.render(exact, !raw.includes(backslash));
    if ('reason' in rendered) return rendered;
    let parsed: Json | undefined;
    const parse = (): Json => (parsed ??= JSON.parse(rendered.wire.join('')));
    const model = ownModel ?? readModel(parse());
    if (model === null) return { reason: 'template_failed', message: 'the model must be a text' };
    // Whatever else the template says was checked when the job began: parsing costs more than all the rest.
    const isOfRow = rendered.hasValues || ownModel === null;
    const problem = isOfRow ? dialect.findProblems(parse(), endpoint)[0] : undefined;
    if (problem !== undefined) return { reason: 'unsupported', message: problem };
    const lacking = findLacking(model, parse, endpoint);
    if (lacking !== null) return lacking;
    if (isJoint && !isOneText(parse())) {
      return { reason: 'template_failed', message: 'the input must be one text, since rows are joined' };
    }
    const limit = readLimit(parse);
    const outputTokens = countOutput(limit, model, row);
    const keyText = makeKeyText(id, nameCall(dialect, endpoint, model), rendered.canonical);
    return { row, id, keyText, model, endpoint, request: rendered.wire, limit, outputTokens, isRouted: false };
  };
}

function isOneText(rendered: Json): boolean {
  return isObject(rendered) && typeof rendered.input === 'string' && rendered.input !== '';
}

/** A request that names no model gets the job's. */
function withModel(request: Json, model: string | null): Json {
  if (!isObject(request)) throw new JobRefused('invalid_job', [{ where: 'request', message: 'must be an object' }]);
  return 'model' in request ? request : { model: requireModel(model), ...request };
}

function requireModel(model: string | null): string {
  if (model === null) throw new JobRefused('invalid_job', [{ where: 'model', message: 'is missing' }]);
  return model;
}

/** For the key, which must differ from model to model: with the model if the request does not name it. */
const nameCall = ({ modelInBody }: Dialect, endpoint: string, model: string): string =>
  modelInBody ? endpoint : `${model}:${endpoint}`;

/** The model of every request; null if it comes from the row. */
function findOwnModel(body: Json): string | null {
  const own = isObject(body) && typeof body.model === 'string' ? compileText(body.model) : null;
  return own?.kind === 'static' ? own.text : null;
}

function readModel(rendered: Json): string | null {
  const model = isObject(rendered) ? rendered.model : null;
  return typeof model === 'string' && model !== '' ? model : null;
}

/** Parses the rendered request only if its limit comes from the row. */
function limitReader(
  dialect: Dialect,
  body: Json,
  endpoint: string,
  valuesFromRow: boolean,
): (parse: () => Json) => OutputLimit {
  const fixed = dialect.outputLimit(body, endpoint);
  const isFromRow = fixed.tokens === 'unread' && valuesFromRow;
  return isFromRow ? (parse) => dialect.outputLimit(parse(), endpoint) : () => fixed;
}

/** Refuses the job if a budget needs to know the number and it is not known. */
function outputCounter(job: RowJob): (limit: OutputLimit, model: string, row: number) => number | null {
  return (limit, model, row) => {
    const tokens = countOutput(job, limit, model);
    if (tokens === null) requireNoCap(job.spec, limit, row);
    return tokens;
  };
}

function isObject(value: Json): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

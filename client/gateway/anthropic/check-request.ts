// Checks one request of a batch. The vendor takes a request with wrong params, and fails it later: here, the batch is refused before it
// costs anything, and the field is named.

import { isUtf8 } from 'node:buffer';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { chooseRoute, findTarget } from '../batches/choose-route.ts';
import { IdSet } from '../batches/id-set.ts';
import type { Route } from '../batches/record.ts';
import { type Translator, translatedEndpoints } from '../batches/translator.ts';
import type { GatewayConfig } from '../config.ts';
import { GatewayError } from '../errors.ts';

/** A job takes no more. */
const modelsMax = 64;
const idForm = /^[a-zA-Z0-9_-]{1,64}$/;

type Fields = { readonly [name: string]: Json };

interface CheckParts {
  readonly config: Pick<GatewayConfig, 'models'>;
  readonly translator: Translator;
}

export class RequestChecker {
  readonly #parts: CheckParts;
  readonly #ids = new IdSet();
  /** Each model, and the first request that asks for it. */
  readonly #models = new Map<string, number>();
  #route: Route | null = null;
  total = 0;

  constructor(parts: CheckParts) {
    this.#parts = parts;
  }

  /** What answers all requests; null before the first one. */
  get route(): Route | null {
    return this.#route;
  }

  /** Throws if the batch cannot run with this request. */
  check(bytes: Buffer): void {
    const path = `requests.${this.total}`;
    const request = parse(bytes, path);
    const other = Object.keys(request).find((name) => name !== 'custom_id' && name !== 'params');
    if (other !== undefined) throw refuse(path, 'has another field than `custom_id` and `params`');
    const { custom_id: customId, params } = request;
    if (typeof customId !== 'string' || !idForm.test(customId)) {
      throw refuse(`${path}.custom_id`, `must match ${idForm.source}`);
    }
    if (!this.#ids.add(customId)) throw refuse(`${path}.custom_id`, 'must be unique within its batch');
    if (!isObject(params)) throw refuse(`${path}.params`, 'must be an object');
    checkParams(params, `${path}.params`);
    this.#checkForm(params, this.#findRoute(String(params.model), path), `${path}.params`);
    this.total += 1;
  }

  #findRoute(model: string, path: string): Route {
    if (this.#route !== null && this.#models.has(model)) return this.#route;
    this.#models.set(model, this.total);
    if (this.#models.size > modelsMax) throw refuse(`${path}.params.model`, `a batch has at most ${modelsMax} models`);
    const choice = chooseRoute(Object.fromEntries(this.#models), this.#parts.config);
    if (choice.kind === 'problem') throw refuse(`${path}.params.model`, choice.message);
    this.#route = choice.route;
    return choice.route;
  }

  /** What its provider's form has no place for is named before the batch is taken. */
  #checkForm(params: Fields, route: Route, path: string): void {
    const target = findTarget(route);
    if (target === 'anthropic') return;
    const { translator } = this.#parts;
    const [own, other] = [translatedEndpoints.anthropic, translatedEndpoints[target]];
    const translated = translator.translateRequest({ ...params }, own, other);
    if (!translated.ok) throw refuse(`${path}.${translated.field}`, translated.message);
  }
}

function parse(bytes: Buffer, path: string): Fields {
  if (!isUtf8(bytes)) throw refuse(path, 'is not UTF-8');
  try {
    // It begins with a brace.
    const request: Fields = JSON.parse(bytes.toString());
    return request;
  } catch {
    throw refuse(path, 'is not JSON');
  }
}

/** What a worker would refuse: a job with a wrong row ends before its first request. */
function checkParams(params: Fields, path: string): void {
  const { model, messages, max_tokens: limit, stream, speed } = params;
  if (typeof model !== 'string' || model === '') throw refuse(`${path}.model`, 'must be a text');
  if (!Array.isArray(messages) || messages.length === 0) throw refuse(`${path}.messages`, 'must be a list of messages');
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1) {
    throw refuse(`${path}.max_tokens`, 'must be a whole number of at least 1');
  }
  if (stream === true) throw refuse(`${path}.stream`, 'a batch cannot stream');
  if (speed !== undefined) throw refuse(`${path}.speed`, 'not allowed in a batch');
}

const isObject = (value: Json | undefined): value is { [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const refuse = (field: string, message: string): GatewayError =>
  new GatewayError('bad_request', `${field}: ${message}`, { field });

// Checks one request of a batch. As at the vendor, a body of another form refuses the batch, and params that are wrong fail only their request:
// nearly all of them are found by a worker. Here, only the model is read.

import { isUtf8 } from 'node:buffer';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { chooseRoute } from '../batches/choose-route.ts';
import { IdSet } from '../batches/id-set.ts';
import type { Flaw, Route } from '../batches/record.ts';
import type { GatewayConfig } from '../config.ts';
import { GatewayError } from '../errors.ts';

/** A job takes no more. */
const modelsMax = 64;
const idForm = /^[a-zA-Z0-9_-]{1,64}$/;

type Fields = { readonly [name: string]: Json };

export interface CheckedRequest {
  readonly customId: string;
  /** Why it cannot run; null if nothing is known against it. */
  readonly flaw: Flaw | null;
}

export class RequestChecker {
  readonly #config: Pick<GatewayConfig, 'models'>;
  readonly #ids = new IdSet();
  /** Each model that leads to an account, and the first request that asks for it. */
  readonly #models = new Map<string, number>();
  #route: Route | null = null;
  total = 0;

  constructor(config: Pick<GatewayConfig, 'models'>) {
    this.#config = config;
  }

  /** What answers all requests; null as long as none can be answered. */
  get route(): Route | null {
    return this.#route;
  }

  /** Throws if the batch cannot run with this request. */
  check(bytes: Buffer): CheckedRequest {
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
    const flaw = this.#takeModel(params.model, path);
    this.total += 1;
    return { customId, flaw };
  }

  #takeModel(model: Json | undefined, path: string): Flaw | null {
    if (typeof model !== 'string' || model === '') return { field: 'model', message: 'must be a text' };
    if (this.#models.has(model)) return null;
    const choice = chooseRoute(Object.fromEntries([...this.#models, [model, this.total]]), this.#config);
    if (choice.kind === 'problem' && choice.code === 'no_route') return { field: 'model', message: choice.message };
    if (choice.kind === 'problem') throw refuse(`${path}.params.model`, choice.message);
    if (this.#models.size >= modelsMax) throw refuse(`${path}.params.model`, `a batch has at most ${modelsMax} models`);
    this.#models.set(model, this.total);
    this.#route = choice.route;
    return null;
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

const isObject = (value: Json | undefined): value is { [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const refuse = (field: string, message: string): GatewayError =>
  new GatewayError('bad_request', `${field}: ${message}`, { field });

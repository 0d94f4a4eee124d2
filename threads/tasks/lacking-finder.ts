// Finds rows that ask for what their model does not take, such as images.

import type { JobFile } from '../../domain/job.ts';
import { findPrice } from '../../domain/money/cost.ts';
import type { Json, RowRefusal } from '../../domain/outcome/outcome.ts';
import { describeLacks, type Need } from '../../domain/request/needs.ts';
import type { Dialect } from '../../providers/dialects/dialect.ts';

/** More models than a dataset may name. */
const modelsMax = 100;

type FindLacking = (model: string, parse: () => Json, endpoint: string) => RowRefusal | null;

/** Finds what a request asks for and its model does not take. Few models lack anything that is known: only then is the request parsed. */
export function lackingFinder({ prices }: Pick<JobFile, 'prices'>, dialect: Dialect): FindLacking {
  const known = new Map<string, readonly Need[]>();
  return (model, parse, endpoint) => {
    const lacks = known.get(model) ?? findPrice(model, prices)?.lacks ?? [];
    if (known.size > modelsMax) known.clear();
    known.set(model, lacks);
    const [first] = lacks.length === 0 ? [] : describeLacks(model, dialect.findNeeds(parse(), endpoint), lacks);
    return first === undefined ? null : { reason: 'unsupported', message: first };
  };
}

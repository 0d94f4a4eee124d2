// OpenAI's request and output lines, and those of every provider with the same batch API.

import type { Dialect } from '../../dialects/dialect.ts';
import { decode } from '../../dialects/openai/answers.ts';
import {
  buildBody,
  chatEndpoint,
  encode,
  findProblems,
  openaiEndpoints,
  outputLimit,
  parseRequestLine,
  relabel,
} from '../../dialects/openai/requests.ts';
import type { VendorFaults } from '../../faults.ts';
import { openaiFaults } from './faults.ts';

interface DialectProfile {
  readonly name: string;
  readonly endpoints: readonly string[];
  readonly faults: VendorFaults;
}

export function makeOpenaiDialect({ name, endpoints, faults }: DialectProfile): Dialect {
  return {
    name,
    defaultEndpoint: chatEndpoint,
    endpoints,
    buildBody,
    findProblems: (body, endpoint) => findProblems(body, endpoint, endpoints),
    outputLimit,
    encode,
    parseRequestLine: (record, raw) => parseRequestLine(record, raw, endpoints),
    relabel,
    decode: (line, endpoint) => decode(line, endpoint, faults.items),
  };
}

export const openaiDialect = makeOpenaiDialect({ name: 'openai', endpoints: openaiEndpoints, faults: openaiFaults });

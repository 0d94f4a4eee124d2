// Anthropic's request and output lines.

import type { Dialect, DialectSettings } from '../dialect.ts';
import { decode } from './answers.ts';
import {
  buildBody,
  encode,
  findProblems,
  messagesEndpoint,
  outputLimit,
  parseRequestLine,
  relabel,
} from './requests.ts';

export const makeAnthropicDialect = ({ name, endpoints, codes, fixedFields }: DialectSettings): Dialect => ({
  name,
  defaultEndpoint: messagesEndpoint,
  endpoints,
  buildBody,
  findProblems: (body, endpoint) => findProblems(body, endpoint, fixedFields),
  outputLimit,
  encode,
  parseRequestLine: (record, raw) => parseRequestLine(record, raw, fixedFields),
  relabel,
  decode: (line) => decode(line, codes),
});

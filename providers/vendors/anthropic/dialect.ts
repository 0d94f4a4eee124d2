// Anthropic's request and output lines.

import { decode } from '../../dialects/anthropic/answers.ts';
import {
  buildBody,
  encode,
  findProblems,
  messagesEndpoint,
  outputLimit,
  parseRequestLine,
  relabel,
} from '../../dialects/anthropic/requests.ts';
import type { Dialect } from '../../dialects/dialect.ts';
import { anthropicFaults } from './faults.ts';

export const anthropicDialect: Dialect = {
  name: 'anthropic',
  defaultEndpoint: messagesEndpoint,
  endpoints: [messagesEndpoint],
  buildBody,
  findProblems,
  outputLimit,
  encode,
  parseRequestLine,
  relabel,
  decode: (line) => decode(line, anthropicFaults.items),
};

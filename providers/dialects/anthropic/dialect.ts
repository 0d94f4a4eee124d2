// Anthropic's request and output lines.

import type { Dialect, DialectSettings } from '../dialect.ts';
import { decode } from './answers.ts';
import { findNeeds } from './needs.ts';
import {
  buildBody,
  encode,
  findProblems,
  lineHead,
  messagesEndpoint,
  outputLimit,
  parseRequestLine,
  relabel,
} from './requests.ts';

export const makeAnthropicDialect = (settings: DialectSettings): Dialect => ({
  name: settings.name,
  defaultEndpoint: messagesEndpoint,
  endpoints: settings.endpoints,
  modelInBody: true,
  customIdAt: lineHead.customIdAt,
  idFields: ['custom_id'],
  buildBody,
  findProblems: (body, endpoint) => findProblems(body, endpoint, settings),
  findNeeds,
  outputLimit,
  encode,
  parseRequestLine: (record, raw) => parseRequestLine(record, raw, settings),
  relabel,
  decode: (line) => decode(line, settings.codes),
});

// The request and output rows of Bedrock.

import type { Dialect, DialectSettings } from '../dialect.ts';
import { decode } from './answers.ts';
import { findNeeds } from './needs.ts';
import {
  buildBody,
  converseEndpoint,
  encode,
  findModelProblem,
  findProblems,
  lineHead,
  outputLimit,
  parseRequestLine,
  relabel,
} from './requests.ts';

export const makeBedrockDialect = (settings: DialectSettings): Dialect => ({
  name: settings.name,
  defaultEndpoint: converseEndpoint,
  endpoints: settings.endpoints,
  modelInBody: false,
  customIdAt: lineHead.customIdAt,
  idFields: ['recordId'],
  buildBody,
  findProblems: (body, endpoint) => findProblems(body, endpoint, settings),
  findModelProblem,
  findNeeds,
  outputLimit,
  encode,
  parseRequestLine: (record, raw) => parseRequestLine(record, raw, settings),
  relabel,
  decode: (line) => decode(line, settings.codes),
});

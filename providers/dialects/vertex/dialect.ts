// The request and output rows of Vertex AI.

import type { Dialect, DialectSettings } from '../dialect.ts';
import { decode } from './answers.ts';
import {
  buildBody,
  encode,
  findNeeds,
  findProblems,
  generateEndpoint,
  lineHead,
  outputLimit,
  parseRequestLine,
  relabel,
} from './requests.ts';

export const makeVertexDialect = ({ name, endpoints, codes }: DialectSettings): Dialect => ({
  name,
  defaultEndpoint: generateEndpoint,
  endpoints,
  modelInBody: false,
  customIdAt: lineHead.customIdAt,
  buildBody,
  findProblems,
  findNeeds,
  outputLimit,
  encode,
  parseRequestLine,
  relabel,
  decode: (line, endpoint) => decode(line, endpoint, codes),
});

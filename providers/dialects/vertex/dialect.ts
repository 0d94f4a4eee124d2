// The request and output rows of Vertex AI.

import type { Dialect, DialectSettings } from '../dialect.ts';
import { describeForeignModel } from '../foreign-model.ts';
import { decode } from './answers.ts';
import {
  buildBody,
  encode,
  findModelProblem,
  findNeeds,
  findProblems,
  generateEndpoint,
  lineHead,
  outputLimit,
  parseRequestLine,
  relabel,
} from './requests.ts';

/** Vertex AI has models of both. */
const ownFamilies = ['gemini', 'anthropic'];

export const makeVertexDialect = ({ name, endpoints, codes, isVendorItself }: DialectSettings): Dialect => ({
  name,
  defaultEndpoint: generateEndpoint,
  endpoints,
  modelInBody: false,
  customIdAt: lineHead.customIdAt,
  idFields: ['custom_id', 'key'],
  buildBody,
  findProblems,
  findModelProblem: (model, endpoint) =>
    (isVendorItself === true ? describeForeignModel(model, ownFamilies) : null) ?? findModelProblem(model, endpoint),
  findNeeds,
  outputLimit,
  encode,
  parseRequestLine,
  relabel,
  decode: (line, endpoint) => decode(line, endpoint, codes),
});

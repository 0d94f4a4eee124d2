// Gemini's request and output lines.

import type { Dialect, DialectSettings } from '../dialect.ts';
import { describeForeignModel } from '../foreign-model.ts';
import { decode } from './answers.ts';
import { findNeeds } from './needs.ts';
import {
  buildBody,
  encode,
  findProblems,
  generateEndpoint,
  lineHead,
  outputLimit,
  parseRequestLine,
  relabel,
} from './requests.ts';

export const makeGeminiDialect = ({ name, endpoints, codes, isVendorItself }: DialectSettings): Dialect => ({
  name,
  defaultEndpoint: generateEndpoint,
  endpoints,
  modelInBody: false,
  customIdAt: lineHead.customIdAt,
  idFields: ['key'],
  buildBody,
  findProblems,
  findModelProblem: (model) => (isVendorItself === true ? describeForeignModel(model, [name]) : null),
  findNeeds,
  outputLimit,
  encode,
  parseRequestLine,
  relabel,
  decode: (line) => decode(line, codes),
});

// The request and output lines of OpenAI, and of every provider with the same batch API.

import type { Dialect, DialectSettings } from '../dialect.ts';
import { decode } from './answers.ts';
import { findNeeds } from './needs.ts';
import { readPromptText } from './prompt-text.ts';
import {
  buildBody,
  chatEndpoint,
  encode,
  findProblems,
  inputsMax,
  lineHead,
  outputLimit,
  parseRequestLine,
  relabel,
} from './requests.ts';

export function makeOpenaiDialect(settings: DialectSettings): Dialect {
  const { name, endpoints, codes, outputLimit: limitField = 'max_completion_tokens', linePrefix = '/v1' } = settings;
  return {
    name,
    defaultEndpoint: chatEndpoint,
    endpoints,
    modelInBody: true,
    customIdAt: lineHead.customIdAt,
    idFields: ['custom_id'],
    inputsMax,
    buildBody: (prompt, endpoint) => buildBody(prompt, endpoint, limitField),
    findProblems: (body, endpoint) => findProblems(body, endpoint, settings),
    findNeeds,
    readPromptText,
    outputLimit,
    encode: (customId, body, endpoint) => encode(customId, body, endpoint.replace(/^\/v1(?=\/)/, linePrefix)),
    parseRequestLine: (record, raw) => parseRequestLine(record, raw, settings),
    relabel,
    decode: (line, endpoint) => decode(line, endpoint, codes),
  };
}

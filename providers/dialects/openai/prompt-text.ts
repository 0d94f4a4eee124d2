// What a model of OpenAI's reads of a request, and with which tokenizer. Of other models, and of requests with more than text, nothing is said.

import type { Json } from '../../../domain/outcome/outcome.ts';
import { asFields, asList, type Fields, isAbsent } from '../../json-fields.ts';
import type { Encoding, PromptText } from '../dialect.ts';
import { findNeeds } from './needs.ts';

/** Families, not versions: a family has kept its tokenizer so far. A family that is not named here has no published tokenizer. */
const families: readonly (readonly [RegExp, Encoding])[] = [
  [/^(chatgpt-4o|gpt-4o|gpt-4\.[15]|gpt-5|o[134])(?=[-.]|$)/, 'o200k_base'],
  [/^(gpt-4|gpt-3\.5|text-embedding-3|text-embedding-ada)(?=[-]|$)/, 'cl100k_base'],
];

/** Around each message, and before the answer: https://developers.openai.com/cookbook/examples/how_to_count_tokens_with_tiktoken_as_of_2023-11-06 */
const messageTokens = 4;
const answerTokens = 3;

/** What the provider adds from elsewhere. */
const addedElsewhere = ['prompt', 'conversation', 'previous_response_id'];
/** Fields that no model reads as text. */
const unread = new Set([
  'role',
  'type',
  'id',
  'call_id',
  'status',
  'detail',
  'cache_control',
  'prompt_cache_breakpoint',
]);

export function readPromptText(model: string, body: Json, endpoint: string): PromptText | null {
  const encoding = findEncoding(model);
  const fields = asFields(body);
  if (encoding === null || fields === null) return null;
  const read = readers[endpoint]?.(fields) ?? null;
  return read === null ? null : { encoding, ...read };
}

function findEncoding(model: string): Encoding | null {
  // Fine-tuned models and those of gateways: `ft:gpt-4o-mini:…`, `maker/gpt-4o-mini`.
  const base = (model.startsWith('ft:') ? (model.split(':')[1] ?? '') : model).split('/').at(-1) ?? '';
  return families.find(([name]) => name.test(base))?.[1] ?? null;
}

type ReadText = (fields: Fields) => Omit<PromptText, 'encoding'> | null;

const readers: Readonly<Record<string, ReadText>> = {
  '/v1/chat/completions': (fields) => (hasMedia(fields) ? null : readMessages(fields.messages, [], fields)),
  '/v1/responses': (fields) =>
    hasMedia(fields) || addedElsewhere.some((name) => !isAbsent(fields[name]))
      ? null
      : readMessages(fields.input, listTexts(fields.instructions), fields),
  '/v1/embeddings': ({ input }) => readPlain(input),
  '/v1/completions': ({ prompt }) => readPlain(prompt),
};

const hasMedia = (fields: Fields): boolean =>
  findNeeds(fields as Json).some((need) => need === 'images' || need === 'documents' || need === 'audio');

function readMessages(messages: unknown, instructions: readonly string[], fields: Fields): ReturnType<ReadText> {
  const count = Math.max(1, asList(messages).length) + instructions.length;
  const texts = [...instructions, ...listTexts(messages), ...listForms(fields)];
  return { texts, formTokens: count * messageTokens + answerTokens };
}

/** Tools and schemas are in the prompt in a form that is not published. Their JSON is longer than what is known of it. */
const listForms = ({ tools, response_format: format, text }: Fields): string[] =>
  [tools, format, asFields(text)?.format].flatMap((form) => (isAbsent(form) ? [] : [JSON.stringify(form)]));

/** Lists of numbers are tokens already. */
function readPlain(input: unknown): ReturnType<ReadText> {
  const all = Array.isArray(input) ? input : [input];
  return all.every((each) => typeof each === 'string') ? { texts: all, formTokens: 0 } : null;
}

function listTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(listTexts);
  return Object.entries(asFields(value) ?? {}).flatMap(([name, each]) => (unread.has(name) ? [] : listTexts(each)));
}

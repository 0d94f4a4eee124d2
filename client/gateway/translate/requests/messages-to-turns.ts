// The turns of a conversation in Anthropic's form, as OpenAI has them: instructions are the first turn, and each result of a tool is a turn.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import {
  checkNames,
  type Fields,
  isGiven,
  joinPath,
  pickGiven,
  readList,
  readObject,
  readText,
  refuse,
} from '../fields.ts';
import { toFilePart, toImagePart } from './media.ts';

export function toTurns(system: Json | undefined, messages: readonly Json[]): Json[] {
  const first = isGiven(system) ? [{ role: 'system', content: toContent(system, 'system', toTextPart) }] : [];
  const turns = messages.flatMap((value, index) => {
    const path = `messages.${index}`;
    const message = readObject(value, path);
    checkNames(message, path, ['role', 'content']);
    return toTurn(message, path);
  });
  const last = messages.at(-1);
  if (isGiven(last) && readObject(last, '').role === 'assistant') {
    const path = joinPath(`messages.${messages.length - 1}`, 'role');
    refuse(path, 'the last message must not be the assistant’s: the provider that answers does not continue it');
  }
  return [...first, ...turns];
}

function toTurn({ role, content }: Fields, path: string): Json[] {
  const contentPath = joinPath(path, 'content');
  if (role === 'system') return [{ role, content: toContent(content, contentPath, toTextPart) }];
  if (role === 'user') return toUserTurns(content, contentPath);
  if (role === 'assistant') return [toAssistantTurn(content, contentPath)];
  return refuse(joinPath(path, 'role'), 'must be user, assistant or system');
}

function toContent(value: Json | undefined, path: string, toPart: (block: Fields, path: string) => Json): Json {
  if (typeof value === 'string') return value;
  return readList(value, path).map((block, index) => {
    const blockPath = joinPath(path, index);
    return toPart(readObject(block, blockPath), blockPath);
  });
}

function toTextPart(block: Fields, path: string): Json {
  if (block.type !== 'text') refuse(joinPath(path, 'type'), 'only text can be carried here');
  checkNames(block, path, ['type', 'text'], { citations: [[]] });
  return { type: 'text', text: readText(block.text, joinPath(path, 'text')) };
}

/** Results of tools come first in a user's turn: each is a turn of its own. */
function toUserTurns(content: Json | undefined, path: string): Json[] {
  if (typeof content === 'string') return [{ role: 'user', content }];
  const results: Json[] = [];
  const parts: Json[] = [];
  for (const [index, value] of readList(content, path).entries()) {
    const blockPath = joinPath(path, index);
    const block = readObject(value, blockPath);
    if (block.type !== 'tool_result') parts.push(toUserPart(block, blockPath));
    else if (parts.length === 0) results.push(toResultTurn(block, blockPath));
    else refuse(blockPath, 'results of tools must come before everything else in a message');
  }
  return parts.length === 0 && results.length > 0 ? results : [...results, { role: 'user', content: parts }];
}

function toUserPart(block: Fields, path: string): Json {
  if (block.type === 'image') return toImagePart(block, path);
  if (block.type === 'document') return toFilePart(block, path);
  if (block.type === 'text') return toTextPart(block, path);
  return refuse(joinPath(path, 'type'), 'only text, image, document and tool_result can be carried');
}

function toResultTurn(block: Fields, path: string): Json {
  checkNames(block, path, ['type', 'tool_use_id', 'content'], { is_error: [false] });
  return {
    role: 'tool',
    tool_call_id: readText(block.tool_use_id, joinPath(path, 'tool_use_id')),
    content: isGiven(block.content) ? toContent(block.content, joinPath(path, 'content'), toTextPart) : '',
  };
}

/** What the assistant said comes before its calls. */
function toAssistantTurn(content: Json | undefined, path: string): Json {
  if (typeof content === 'string') return { role: 'assistant', content };
  const said: Json[] = [];
  const calls: Json[] = [];
  for (const [index, value] of readList(content, path).entries()) {
    const blockPath = joinPath(path, index);
    const block = readObject(value, blockPath);
    if (block.type === 'tool_use') calls.push(toCall(block, blockPath));
    else if (block.type !== 'text') refuse(joinPath(blockPath, 'type'), 'only text and tool_use can be carried');
    else if (calls.length === 0) said.push(toTextPart(block, blockPath));
    else refuse(blockPath, 'text after a call of a tool cannot be carried');
  }
  return pickGiven({
    role: 'assistant',
    content: said.length === 0 ? null : said,
    tool_calls: calls.length === 0 ? null : calls,
  });
}

function toCall(block: Fields, path: string): Json {
  checkNames(block, path, ['type', 'id', 'name', 'input', 'caller']);
  if (isGiven(block.caller)) {
    checkNames(readObject(block.caller, joinPath(path, 'caller')), joinPath(path, 'caller'), [], { type: ['direct'] });
  }
  return {
    id: readText(block.id, joinPath(path, 'id')),
    type: 'function',
    function: {
      name: readText(block.name, joinPath(path, 'name')),
      arguments: JSON.stringify(readObject(block.input, joinPath(path, 'input'))),
    },
  };
}

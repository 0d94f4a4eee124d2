// The turns of a conversation in OpenAI's form, as Anthropic has them: the first instructions apart, and results of tools in a user's turn.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import {
  checkNames,
  type Fields,
  isGiven,
  isObject,
  joinPath,
  pickGiven,
  readList,
  readObject,
  readText,
  refuse,
} from '../fields.ts';
import { toDocumentBlock, toImageBlock } from './media.ts';

interface Conversation {
  readonly system: Json;
  readonly messages: Json[];
}

export function toMessages(given: readonly Json[]): Conversation {
  const turns = given.map((value, index) => readObject(value, `messages.${index}`));
  const firstTurn = turns.findIndex((turn) => !isInstruction(turn));
  const count = firstTurn < 0 ? turns.length : firstTurn;
  const system = joinInstructions(turns.slice(0, count));
  if (turns.at(-1)?.role === 'assistant') {
    refuse(
      joinPath(`messages.${turns.length - 1}`, 'role'),
      'the last message must not be the assistant’s: the provider that answers would continue it',
    );
  }
  const messages: Json[] = [];
  let results: Json[] | null = null;
  for (const [offset, turn] of turns.slice(count).entries()) {
    const path = `messages.${count + offset}`;
    if (turn.role !== 'tool') {
      results = null;
      messages.push(toTurn(turn, path));
      continue;
    }
    // Results of calls that were made together belong into one turn.
    if (results === null) {
      results = [];
      messages.push({ role: 'user', content: results });
    }
    results.push(toResult(turn, path));
  }
  return { system, messages };
}

const isInstruction = ({ role }: Fields): boolean => role === 'system' || role === 'developer';

function joinInstructions(turns: readonly Fields[]): Json {
  const contents = turns.map((turn, index) => readInstruction(turn, `messages.${index}`));
  if (contents.length <= 1) return contents[0] ?? null;
  return contents.flatMap((content) => (Array.isArray(content) ? content : [{ type: 'text', text: content }]));
}

function readInstruction(turn: Fields, path: string): Json {
  checkNames(turn, path, ['role', 'content']);
  return toContent(turn.content, joinPath(path, 'content'), toTextBlock);
}

function toTurn(turn: Fields, path: string): Json {
  if (isInstruction(turn)) return { role: 'system', content: readInstruction(turn, path) };
  if (turn.role === 'user') {
    checkNames(turn, path, ['role', 'content']);
    return { role: 'user', content: toContent(turn.content, joinPath(path, 'content'), toUserBlock) };
  }
  if (turn.role === 'assistant') return { role: 'assistant', content: toAssistantContent(turn, path) };
  return refuse(joinPath(path, 'role'), 'must be system, developer, user, assistant or tool');
}

function toContent(value: Json | undefined, path: string, toBlock: (part: Fields, path: string) => Json): Json {
  if (typeof value === 'string') return value;
  return readList(value, path).map((part, index) => {
    const partPath = joinPath(path, index);
    return toBlock(readObject(part, partPath), partPath);
  });
}

function toTextBlock(part: Fields, path: string): Json {
  if (part.type !== 'text') refuse(joinPath(path, 'type'), 'only text can be carried here');
  checkNames(part, path, ['type', 'text']);
  return { type: 'text', text: readText(part.text, joinPath(path, 'text')) };
}

function toUserBlock(part: Fields, path: string): Json {
  if (part.type === 'image_url') return toImageBlock(part, path);
  if (part.type === 'file') return toDocumentBlock(part, path);
  if (part.type === 'text') return toTextBlock(part, path);
  return refuse(joinPath(path, 'type'), 'only text, image_url and file can be carried');
}

function toAssistantContent(turn: Fields, path: string): Json {
  checkNames(turn, path, ['role', 'content', 'tool_calls']);
  const content = isGiven(turn.content) ? toContent(turn.content, joinPath(path, 'content'), toTextBlock) : '';
  if (!isGiven(turn.tool_calls)) return content;
  const callsPath = joinPath(path, 'tool_calls');
  const calls = readList(turn.tool_calls, callsPath).map((call, index) => toToolUse(call, joinPath(callsPath, index)));
  const said = typeof content === 'string' ? textBlocks(content) : readList(content, path);
  return [...said, ...calls];
}

/** An empty text says nothing, and a block must not be empty. */
const textBlocks = (text: string): Json[] => (text === '' ? [] : [{ type: 'text', text }]);

function toToolUse(value: Json, path: string): Json {
  const call = readObject(value, path);
  if (call.type !== 'function') refuse(joinPath(path, 'type'), 'only calls of functions can be carried');
  checkNames(call, path, ['id', 'type', 'function']);
  const called = readObject(call.function, joinPath(path, 'function'));
  checkNames(called, joinPath(path, 'function'), ['name', 'arguments']);
  return {
    type: 'tool_use',
    id: readCallId(call.id, joinPath(path, 'id')),
    name: readText(called.name, joinPath(path, 'function.name')),
    input: parseArguments(readText(called.arguments, joinPath(path, 'function.arguments')), path),
  };
}

function readCallId(value: Json | undefined, path: string): string {
  const id = readText(value, path);
  return /^[a-zA-Z0-9_-]+$/.test(id) ? id : refuse(path, 'must have letters, digits, _ and - only');
}

function parseArguments(text: string, path: string): Json {
  let parsed: Json;
  try {
    parsed = text === '' ? {} : JSON.parse(text);
  } catch {
    return refuse(joinPath(path, 'function.arguments'), 'must be JSON');
  }
  return isObject(parsed) ? parsed : refuse(joinPath(path, 'function.arguments'), 'must be a JSON object');
}

function toResult(turn: Fields, path: string): Json {
  checkNames(turn, path, ['role', 'content', 'tool_call_id']);
  const content = isGiven(turn.content) ? toContent(turn.content, joinPath(path, 'content'), toTextBlock) : null;
  return pickGiven({
    type: 'tool_result',
    tool_use_id: readCallId(turn.tool_call_id, joinPath(path, 'tool_call_id')),
    content: content === '' ? null : content,
  });
}

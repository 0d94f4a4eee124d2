// The turns of a conversation in OpenAI's form, as other vendors have them: the first instructions apart, and results of tools in a user's turn.
// The vendors differ in their blocks.

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
  readonly messages: Message[];
}

/** A text stands for one block of text. */
type Content = string | Json[];

interface Message {
  readonly [name: string]: Json;
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: Content;
}

/** How a vendor writes the blocks of a message. The paths are those of the request. */
export interface Blocks {
  /** Whether there may be instructions after the first turn. */
  readonly laterInstructions: boolean;
  text(text: string): Json;
  image(part: Fields, path: string): Json;
  file(part: Fields, path: string): Json;
  call(call: { readonly id: string; readonly name: string; readonly input: Fields }): Json;
  /** The name is that of the function that was called; null if no turn before has called it. */
  result(result: { readonly id: string; readonly name: string | null; readonly content: Content }, path: string): Json;
}

/** Those of Anthropic. */
export const messageBlocks: Blocks = {
  laterInstructions: true,
  text: (text) => ({ type: 'text', text }),
  image: toImageBlock,
  file: toDocumentBlock,
  call: ({ id, name, input }) => ({ type: 'tool_use', id, name, input: { ...input } }),
  result: ({ id, content }) =>
    pickGiven({ type: 'tool_result', tool_use_id: id, content: content === '' ? null : content }),
};

export const toMessages = (given: readonly Json[], blocks: Blocks): Conversation =>
  new TurnReader(blocks).read(given.map((value, index) => readObject(value, `messages.${index}`)));

/** Some vendors refuse two turns of the same side in a row. */
export function joinTurns(messages: readonly Message[], { text }: Blocks): { role: Message['role']; blocks: Json[] }[] {
  const joined: { role: Message['role']; blocks: Json[] }[] = [];
  for (const { role, content } of messages) {
    const blocks = typeof content === 'string' ? [text(content)] : content;
    const last = joined.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else joined.push({ role, blocks: [...blocks] });
  }
  return joined;
}

class TurnReader {
  readonly #blocks: Blocks;
  /** The functions that were called so far, by the ids of the calls. */
  readonly #called = new Map<string, string>();

  constructor(blocks: Blocks) {
    this.#blocks = blocks;
  }

  read(turns: readonly Fields[]): Conversation {
    const firstTurn = turns.findIndex((turn) => !isInstruction(turn));
    const count = firstTurn < 0 ? turns.length : firstTurn;
    const system = this.#joinInstructions(turns.slice(0, count));
    if (turns.at(-1)?.role === 'assistant') {
      refuse(
        joinPath(`messages.${turns.length - 1}`, 'role'),
        'the last message must not be the assistant’s: the provider that answers would continue it',
      );
    }
    const messages: Message[] = [];
    let results: Json[] | null = null;
    for (const [offset, turn] of turns.slice(count).entries()) {
      const path = `messages.${count + offset}`;
      if (turn.role !== 'tool') {
        results = null;
        messages.push(this.#toTurn(turn, path));
        continue;
      }
      // Results of calls that were made together belong into one turn.
      if (results === null) {
        results = [];
        messages.push({ role: 'user', content: results });
      }
      results.push(this.#toResult(turn, path));
    }
    return { system, messages };
  }

  #joinInstructions(turns: readonly Fields[]): Content | null {
    const contents = turns.map((turn, index) => this.#readInstruction(turn, `messages.${index}`));
    if (contents.length <= 1) return contents[0] ?? null;
    return contents.flatMap((content) => (typeof content === 'string' ? [this.#blocks.text(content)] : content));
  }

  #readInstruction(turn: Fields, path: string): Content {
    checkNames(turn, path, ['role', 'content']);
    return this.#toTexts(turn.content, joinPath(path, 'content'));
  }

  #toTurn(turn: Fields, path: string): Message {
    if (isInstruction(turn)) {
      if (!this.#blocks.laterInstructions) {
        refuse(joinPath(path, 'role'), 'the provider that answers takes instructions at the beginning only');
      }
      return { role: 'system', content: this.#readInstruction(turn, path) };
    }
    if (turn.role === 'user') {
      checkNames(turn, path, ['role', 'content']);
      const toBlock = (part: Fields, partPath: string): Json => this.#toUserBlock(part, partPath);
      return { role: 'user', content: toContent(turn.content, joinPath(path, 'content'), toBlock) };
    }
    if (turn.role === 'assistant') return { role: 'assistant', content: this.#toAssistantContent(turn, path) };
    return refuse(joinPath(path, 'role'), 'must be system, developer, user, assistant or tool');
  }

  #toTexts(value: Json | undefined, path: string): Content {
    return toContent(value, path, (part, partPath) => this.#toTextBlock(part, partPath));
  }

  #toTextBlock(part: Fields, path: string): Json {
    if (part.type !== 'text') refuse(joinPath(path, 'type'), 'only text can be carried here');
    checkNames(part, path, ['type', 'text']);
    return this.#blocks.text(readText(part.text, joinPath(path, 'text')));
  }

  #toUserBlock(part: Fields, path: string): Json {
    if (part.type === 'image_url') return this.#blocks.image(part, path);
    if (part.type === 'file') return this.#blocks.file(part, path);
    if (part.type === 'text') return this.#toTextBlock(part, path);
    return refuse(joinPath(path, 'type'), 'only text, image_url and file can be carried');
  }

  #toAssistantContent(turn: Fields, path: string): Content {
    checkNames(turn, path, ['role', 'content', 'tool_calls']);
    const content = isGiven(turn.content) ? this.#toTexts(turn.content, joinPath(path, 'content')) : '';
    if (!isGiven(turn.tool_calls)) return content;
    const callsPath = joinPath(path, 'tool_calls');
    const calls = readList(turn.tool_calls, callsPath).map((call, index) =>
      this.#toCall(call, joinPath(callsPath, index)),
    );
    // An empty text says nothing, and a block must not be empty.
    const said = content === '' ? [] : typeof content === 'string' ? [this.#blocks.text(content)] : content;
    return [...said, ...calls];
  }

  #toCall(value: Json, path: string): Json {
    const call = readObject(value, path);
    if (call.type !== 'function') refuse(joinPath(path, 'type'), 'only calls of functions can be carried');
    checkNames(call, path, ['id', 'type', 'function']);
    const called = readObject(call.function, joinPath(path, 'function'));
    checkNames(called, joinPath(path, 'function'), ['name', 'arguments']);
    const id = readCallId(call.id, joinPath(path, 'id'));
    const name = readText(called.name, joinPath(path, 'function.name'));
    this.#called.set(id, name);
    const input = parseArguments(readText(called.arguments, joinPath(path, 'function.arguments')), path);
    return this.#blocks.call({ id, name, input });
  }

  #toResult(turn: Fields, path: string): Json {
    checkNames(turn, path, ['role', 'content', 'tool_call_id']);
    const id = readCallId(turn.tool_call_id, joinPath(path, 'tool_call_id'));
    const content = isGiven(turn.content) ? this.#toTexts(turn.content, joinPath(path, 'content')) : '';
    return this.#blocks.result({ id, name: this.#called.get(id) ?? null, content }, path);
  }
}

const isInstruction = ({ role }: Fields): boolean => role === 'system' || role === 'developer';

function toContent(value: Json | undefined, path: string, toBlock: (part: Fields, path: string) => Json): Content {
  if (typeof value === 'string') return value;
  return readList(value, path).map((part, index) => {
    const partPath = joinPath(path, index);
    return toBlock(readObject(part, partPath), partPath);
  });
}

function readCallId(value: Json | undefined, path: string): string {
  const id = readText(value, path);
  return /^[a-zA-Z0-9_-]+$/.test(id) ? id : refuse(path, 'must have letters, digits, _ and - only');
}

function parseArguments(text: string, path: string): Fields {
  let parsed: Json;
  try {
    parsed = text === '' ? {} : JSON.parse(text);
  } catch {
    return refuse(joinPath(path, 'function.arguments'), 'must be JSON');
  }
  return isObject(parsed) ? parsed : refuse(joinPath(path, 'function.arguments'), 'must be a JSON object');
}

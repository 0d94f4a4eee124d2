// The field of a request in Anthropic's form from which a field of the chat completion came that was made of it: refusals name what the caller
// has written.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import { type Fields, isGiven, isObject, joinPath } from '../fields.ts';

const origins: Readonly<Record<string, string>> = {
  max_completion_tokens: 'max_tokens',
  stop: 'stop_sequences',
  response_format: 'output_config.format',
  reasoning_effort: 'thinking',
  safety_identifier: 'metadata.user_id',
  parallel_tool_calls: 'tool_choice.disable_parallel_tool_use',
};

/** Of a block that was changed in itself, the block. */
export function nameOrigin(field: string, body: Fields): string {
  const [first = '', index = '', ...rest] = field.split('.');
  if (first === 'messages') return nameTurn(Number(index), rest, body);
  if (first === 'tools') return ['tools', index, rest.at(-1) === 'parameters' ? 'input_schema' : rest.at(-1)].join('.');
  return Object.hasOwn(origins, first) ? (origins[first] ?? field) : field;
}

interface Origin {
  readonly path: string;
  /** Null if the whole turn was one block. */
  readonly firstPart: number | null;
  readonly firstCall: number;
}

function nameTurn(index: number, [name = '', part]: readonly string[], body: Fields): string {
  const origin = listOrigins(body)[index];
  if (origin === undefined) return 'messages';
  const { path, firstPart, firstCall } = origin;
  if (firstPart === null) return path;
  if (part === undefined) return joinPath(path, name);
  return joinPath(joinPath(path, 'content'), Number(part) + (name === 'tool_calls' ? firstCall : firstPart));
}

/** One for each turn of the chat completion. */
function listOrigins({ system, messages }: Fields): Origin[] {
  const first: Origin[] = isGiven(system) ? [{ path: 'system', firstPart: null, firstCall: 0 }] : [];
  const turns = Array.isArray(messages) ? messages : [];
  return [...first, ...turns.flatMap((turn, index) => listTurnOrigins(turn, `messages.${index}`))];
}

/** Results of tools come first, and each became a turn; what an assistant said comes before its calls. */
function listTurnOrigins(turn: Json, path: string): Origin[] {
  const content = isObject(turn) && Array.isArray(turn.content) ? turn.content : [];
  const count = (type: string): number => content.filter((block) => isObject(block) && block.type === type).length;
  const results = count('tool_result');
  const each = Array.from({ length: results }, (_, index): Origin => {
    return { path: joinPath(joinPath(path, 'content'), index), firstPart: null, firstCall: 0 };
  });
  if (results > 0 && results === content.length) return each;
  return [...each, { path, firstPart: results, firstCall: count('text') }];
}

// The tools of a chat completion's request, and which of them must be called, with the names that Anthropic gives to the same.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import {
  checkNames,
  type Fields,
  isGiven,
  readBoolean,
  readList,
  readObject,
  readOptionalText,
  readText,
  refuse,
} from '../fields.ts';

export interface ReadTool {
  readonly [name: string]: Json;
  readonly name: string;
  readonly description: string | null;
  readonly input_schema: { [name: string]: Json };
  readonly strict: boolean | null;
}

export type ToolChoice =
  | { readonly type: 'auto' | 'any' | 'none'; readonly disable_parallel_tool_use?: true }
  | { readonly type: 'tool'; readonly name: string; readonly disable_parallel_tool_use?: true };

/** Null if there are none. */
export const readTools = (body: Fields): readonly ReadTool[] | null =>
  isGiven(body.tools) ? readList(body.tools, 'tools').map(toTool) : null;

function toTool(value: Json, index: number): ReadTool {
  const path = `tools.${index}`;
  const tool = readObject(value, path);
  if (tool.type !== 'function') refuse(`${path}.type`, 'only functions can be carried');
  checkNames(tool, path, ['type', 'function']);
  const given = readObject(tool.function, `${path}.function`);
  checkNames(given, `${path}.function`, ['name', 'description', 'parameters', 'strict']);
  return {
    name: readText(given.name, `${path}.function.name`),
    description: readOptionalText(given.description, `${path}.function.description`),
    input_schema: toInputSchema(given.parameters, `${path}.function.parameters`),
    strict: readBoolean(given.strict, `${path}.function.strict`),
  };
}

/** A function without parameters has an empty list of them. */
function toInputSchema(value: Json | undefined, path: string): { [name: string]: Json } {
  if (!isGiven(value)) return { type: 'object', properties: {} };
  const schema = readObject(value, path);
  if (isGiven(schema.type) && schema.type !== 'object') refuse(`${path}.type`, 'must be object');
  return { ...schema, type: 'object' };
}

export function readToolChoice(body: Fields): ToolChoice | null {
  const oneByOne = readBoolean(body.parallel_tool_calls, 'parallel_tool_calls') === false;
  const choice = readChoice(body.tool_choice);
  if (!oneByOne || choice?.type === 'none') return choice;
  return { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true };
}

function readChoice(value: Json | undefined): ToolChoice | null {
  if (!isGiven(value)) return null;
  if (value === 'none' || value === 'auto') return { type: value };
  if (value === 'required') return { type: 'any' };
  const choice = typeof value === 'string' ? {} : readObject(value, 'tool_choice');
  if (choice.type !== 'function') refuse('tool_choice', 'only none, auto, required and one function can be carried');
  checkNames(choice, 'tool_choice', ['type', 'function']);
  const named = readObject(choice.function, 'tool_choice.function');
  checkNames(named, 'tool_choice.function', ['name']);
  return { type: 'tool', name: readText(named.name, 'tool_choice.function.name') };
}

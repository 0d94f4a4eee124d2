// A request of Anthropic's messages, as one of OpenAI's chat completions.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import {
  checkNames,
  type Defaults,
  type Fields,
  isGiven,
  pickGiven,
  readBoolean,
  readList,
  readNumber,
  readObject,
  readOptionalText,
  readText,
  refuse,
} from '../fields.ts';
import { toTurns } from './messages-to-turns.ts';

const carried = [
  'model',
  'messages',
  'system',
  'max_tokens',
  'stop_sequences',
  'temperature',
  'top_p',
  'tools',
  'tool_choice',
  'output_config',
  'thinking',
  'metadata',
];

const defaults: Defaults = { stream: [false], service_tier: ['auto'], speed: ['standard'] };

const stopsMax = 4;
const schemaName = 'answer';
const toolNameMax = 64;

export function toChatRequest(body: Fields): { [name: string]: Json } {
  checkNames(body, '', carried, defaults);
  const config = isGiven(body.output_config) ? readObject(body.output_config, 'output_config') : {};
  checkNames(config, 'output_config', ['effort', 'format']);
  return pickGiven({
    model: readText(body.model, 'model'),
    max_completion_tokens: readNumber(body.max_tokens, 'max_tokens') ?? refuse('max_tokens', 'is missing'),
    messages: toTurns(body.system, readList(body.messages, 'messages')),
    tools: isGiven(body.tools) ? readList(body.tools, 'tools').map(toTool) : null,
    ...toToolChoice(body.tool_choice),
    stop: toStop(body.stop_sequences),
    temperature: readNumber(body.temperature, 'temperature'),
    top_p: readNumber(body.top_p, 'top_p'),
    reasoning_effort: toEffort(body.thinking, config.effort),
    response_format: toResponseFormat(config.format),
    safety_identifier: readUser(body.metadata),
  });
}

function toStop(value: Json | undefined): Json {
  if (!isGiven(value)) return null;
  const sequences = readList(value, 'stop_sequences');
  if (sequences.length > stopsMax) {
    refuse('stop_sequences', `the provider that answers takes at most ${stopsMax} stop sequences`);
  }
  return sequences.length === 0 ? null : [...sequences];
}

function readUser(value: Json | undefined): string | null {
  if (!isGiven(value)) return null;
  const metadata = readObject(value, 'metadata');
  checkNames(metadata, 'metadata', ['user_id']);
  return readOptionalText(metadata.user_id, 'metadata.user_id');
}

/** A model of the other vendor thinks as its effort says: there is no budget for it, and no effort of the answer alone. */
function toEffort(thinking: Json | undefined, effort: Json | undefined): string | null {
  const level = readOptionalText(effort, 'output_config.effort');
  const given = isGiven(thinking) ? readObject(thinking, 'thinking') : null;
  if (given === null) {
    return level === null
      ? null
      : refuse('output_config.effort', 'can be carried with `thinking: {type: adaptive}` alone');
  }
  if (given.type === 'disabled') {
    checkNames(given, 'thinking', ['type']);
    return level === null ? 'none' : refuse('output_config.effort', 'cannot be carried without thinking');
  }
  if (given.type !== 'adaptive') refuse('thinking.type', 'only adaptive and disabled can be carried');
  checkNames(given, 'thinking', ['type'], { display: ['omitted'] });
  return level ?? refuse('output_config.effort', 'is missing: without it, each vendor has an effort of its own');
}

function toResponseFormat(value: Json | undefined): Json {
  if (!isGiven(value)) return null;
  const format = readObject(value, 'output_config.format');
  if (format.type !== 'json_schema') refuse('output_config.format.type', 'only json_schema can be carried');
  checkNames(format, 'output_config.format', ['type', 'schema']);
  const schema = { ...readObject(format.schema, 'output_config.format.schema') };
  return { type: 'json_schema', json_schema: { name: schemaName, strict: true, schema } };
}

/** What is only about streams, or about callers other than the model, changes nothing if it is as by default. */
const toolDefaults: Defaults = { type: ['custom'], allowed_callers: [['direct']], defer_loading: [false] };

function toTool(value: Json, index: number): Json {
  const path = `tools.${index}`;
  const tool = readObject(value, path);
  checkNames(tool, path, ['name', 'description', 'input_schema', 'strict'], {
    ...toolDefaults,
    eager_input_streaming: [false],
  });
  const name = readText(tool.name, `${path}.name`);
  if (name.length > toolNameMax) refuse(`${path}.name`, `must have at most ${toolNameMax} characters`);
  return {
    type: 'function',
    function: pickGiven({
      name,
      description: readOptionalText(tool.description, `${path}.description`),
      parameters: { ...readObject(tool.input_schema, `${path}.input_schema`) },
      strict: readBoolean(tool.strict, `${path}.strict`),
    }),
  };
}

function toToolChoice(value: Json | undefined): { readonly tool_choice?: Json; readonly parallel_tool_calls?: Json } {
  if (!isGiven(value)) return {};
  const choice = readObject(value, 'tool_choice');
  checkNames(choice, 'tool_choice', ['type', 'disable_parallel_tool_use', ...(choice.type === 'tool' ? ['name'] : [])]);
  const oneByOne = readBoolean(choice.disable_parallel_tool_use, 'tool_choice.disable_parallel_tool_use') === true;
  return { tool_choice: readToolChoice(choice), ...(oneByOne ? { parallel_tool_calls: false } : {}) };
}

function readToolChoice(choice: Fields): Json {
  if (choice.type === 'auto' || choice.type === 'none') return choice.type;
  if (choice.type === 'any') return 'required';
  if (choice.type !== 'tool') refuse('tool_choice.type', 'must be auto, any, tool or none');
  return { type: 'function', function: { name: readText(choice.name, 'tool_choice.name') } };
}

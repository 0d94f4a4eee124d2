// A request of OpenAI's chat completions, as one of Anthropic's messages.

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
import { toMessages } from './turns-to-messages.ts';

const carried = [
  'model',
  'messages',
  'max_completion_tokens',
  'max_tokens',
  'stop',
  'temperature',
  'top_p',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
  'user',
  'safety_identifier',
];

const defaults: Defaults = {
  n: [1],
  stream: [false],
  logprobs: [false],
  top_logprobs: [0],
  logit_bias: [{}],
  frequency_penalty: [0],
  presence_penalty: [0],
  modalities: [['text']],
  service_tier: ['auto'],
  store: [false],
  verbosity: ['medium'],
  metadata: [{}],
};

export function toMessagesRequest(body: Fields): { [name: string]: Json } {
  checkNames(body, '', carried, defaults);
  const { thinking, effort } = toThinking(body.reasoning_effort);
  const outputConfig = pickGiven({ effort, format: toOutputFormat(body.response_format) });
  const user = readSame(body, 'safety_identifier', 'user', readOptionalText);
  return pickGiven({
    model: readText(body.model, 'model'),
    max_tokens: readLimit(body),
    ...toMessages(readList(body.messages, 'messages')),
    tools: isGiven(body.tools) ? readList(body.tools, 'tools').map(toTool) : null,
    tool_choice: toToolChoice(body),
    stop_sequences: toStopSequences(body.stop),
    temperature: toTemperature(body.temperature),
    top_p: readNumber(body.top_p, 'top_p'),
    thinking,
    output_config: Object.keys(outputConfig).length === 0 ? null : outputConfig,
    metadata: user === null ? null : { user_id: user },
  });
}

/** The limit is optional in one form, and required in the other. */
function readLimit(body: Fields): number {
  const limit = readSame(body, 'max_completion_tokens', 'max_tokens', readNumber);
  return (
    limit ?? refuse('max_completion_tokens', 'is missing: the provider that answers requires a limit of the output')
  );
}

/** Of two names for the same thing. */
function readSame<Value>(
  body: Fields,
  name: string,
  older: string,
  read: (value: Json | undefined, path: string) => Value | null,
): Value | null {
  const [value, olderValue] = [read(body[name], name), read(body[older], older)];
  if (value !== null && olderValue !== null && value !== olderValue) refuse(older, `must be the same as ${name}`);
  return value ?? olderValue;
}

function toTemperature(value: Json | undefined): number | null {
  const temperature = readNumber(value, 'temperature');
  if (temperature !== null && temperature > 1) {
    refuse('temperature', 'must be at most 1, the highest that the provider that answers takes');
  }
  return temperature;
}

function toStopSequences(value: Json | undefined): Json {
  if (!isGiven(value)) return null;
  const sequences = typeof value === 'string' ? [value] : [...readList(value, 'stop')];
  for (const sequence of sequences) {
    if (readText(sequence, 'stop').trim() === '') {
      refuse('stop', 'the provider that answers takes no stop sequence of white space alone');
    }
  }
  return sequences;
}

/** An effort without `thinking` would leave it to the model whether it thinks. */
function toThinking(value: Json | undefined): { readonly thinking: Json; readonly effort: Json } {
  const effort = readOptionalText(value, 'reasoning_effort');
  if (effort === null) return { thinking: null, effort };
  if (effort === 'none') return { thinking: { type: 'disabled' }, effort: null };
  if (efforts.has(effort)) return { thinking: { type: 'adaptive' }, effort };
  return refuse('reasoning_effort', `must be none or one of ${[...efforts].join(', ')}`);
}

const efforts: ReadonlySet<string> = new Set(['low', 'medium', 'high', 'xhigh', 'max']);

/** The schema's name is a label, which the other form does not have. */
function toOutputFormat(value: Json | undefined): Json {
  if (!isGiven(value)) return null;
  const format = readObject(value, 'response_format');
  if (format.type === 'text') return null;
  if (format.type !== 'json_schema') refuse('response_format.type', 'only text and json_schema can be carried');
  checkNames(format, 'response_format', ['type', 'json_schema']);
  const given = readObject(format.json_schema, 'response_format.json_schema');
  checkNames(given, 'response_format.json_schema', ['name', 'schema', 'strict']);
  return { type: 'json_schema', schema: { ...readObject(given.schema, 'response_format.json_schema.schema') } };
}

function toTool(value: Json, index: number): Json {
  const path = `tools.${index}`;
  const tool = readObject(value, path);
  if (tool.type !== 'function') refuse(`${path}.type`, 'only functions can be carried');
  checkNames(tool, path, ['type', 'function']);
  const given = readObject(tool.function, `${path}.function`);
  checkNames(given, `${path}.function`, ['name', 'description', 'parameters', 'strict']);
  return pickGiven({
    name: readText(given.name, `${path}.function.name`),
    description: readOptionalText(given.description, `${path}.function.description`),
    input_schema: toInputSchema(given.parameters, `${path}.function.parameters`),
    strict: readBoolean(given.strict, `${path}.function.strict`),
  });
}

/** A function without parameters has an empty list of them. */
function toInputSchema(value: Json | undefined, path: string): Json {
  if (!isGiven(value)) return { type: 'object', properties: {} };
  const schema = readObject(value, path);
  if (isGiven(schema.type) && schema.type !== 'object') refuse(`${path}.type`, 'must be object');
  return { ...schema, type: 'object' };
}

function toToolChoice(body: Fields): Json {
  const oneByOne = readBoolean(body.parallel_tool_calls, 'parallel_tool_calls') === false;
  const choice = readToolChoice(body.tool_choice);
  if (!oneByOne || choice?.type === 'none') return choice;
  return { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true };
}

function readToolChoice(value: Json | undefined): { [name: string]: Json } | null {
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

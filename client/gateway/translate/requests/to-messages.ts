// A request of OpenAI's chat completions, as one of Anthropic's messages.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import {
  checkNames,
  type Fields,
  pickGiven,
  readList,
  readNumber,
  readOptionalText,
  readText,
  refuse,
} from '../fields.ts';
import { chatCarried, chatDefaults, readChatLimit, readCoolTemperature, readSame, readStop } from './chat-fields.ts';
import { readFormat } from './chat-format.ts';
import { readToolChoice, readTools } from './chat-tools.ts';
import { messageBlocks, toMessages } from './turns-to-messages.ts';

const carried = [...chatCarried, 'parallel_tool_calls', 'reasoning_effort', 'user', 'safety_identifier'];

export function toMessagesRequest(body: Fields): { [name: string]: Json } {
  checkNames(body, '', carried, chatDefaults);
  const { thinking, effort } = toThinking(body.reasoning_effort);
  const outputConfig = pickGiven({ effort, format: toOutputFormat(body) });
  const user = readSame(body, 'safety_identifier', 'user', readOptionalText);
  return pickGiven({
    model: readText(body.model, 'model'),
    max_tokens: readLimit(body),
    ...toMessages(readList(body.messages, 'messages'), messageBlocks),
    tools: readTools(body)?.map(pickGiven) ?? null,
    tool_choice: readToolChoice(body),
    stop_sequences: readStop(body, { blank: false }),
    temperature: readCoolTemperature(body),
    top_p: readNumber(body.top_p, 'top_p'),
    thinking,
    output_config: Object.keys(outputConfig).length === 0 ? null : outputConfig,
    metadata: user === null ? null : { user_id: user },
  });
}

/** The limit is optional in one form, and required in the other. */
function readLimit(body: Fields): number {
  return (
    readChatLimit(body) ??
    refuse('max_completion_tokens', 'is missing: the provider that answers requires a limit of the output')
  );
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
function toOutputFormat(body: Fields): Json {
  const format = readFormat(body, { plainJson: false });
  if (format === null) return null;
  if (format.description !== null) {
    refuse('response_format.json_schema.description', 'the provider that answers takes schemas without descriptions');
  }
  return { type: 'json_schema', schema: format.schema };
}

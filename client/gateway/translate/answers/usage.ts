// The tokens of an answer, by each vendor's own way of counting: cached ones are inside OpenAI's input, and outside of Anthropic's.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import { type Fields, isObject } from '../fields.ts';

const toNumber = (value: Json | undefined): number | null => (typeof value === 'number' ? value : null);
const toFields = (value: Json | undefined): Fields => (isObject(value) ? value : {});

/** The input has what was read from and written to a cache, and the output has the thoughts. */
export interface Counts {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly written: number;
  readonly reasoning: number;
}

/** Of a message. Null if there are no counts: not known is not zero. */
export function readMessageUsage(usage: Json | undefined): Counts | null {
  if (!isObject(usage)) return null;
  const cached = toNumber(usage.cache_read_input_tokens) ?? 0;
  const written = toNumber(usage.cache_creation_input_tokens) ?? 0;
  return {
    input: (toNumber(usage.input_tokens) ?? 0) + cached + written,
    output: toNumber(usage.output_tokens) ?? 0,
    cached,
    written,
    reasoning: toNumber(toFields(usage.output_tokens_details).thinking_tokens) ?? 0,
  };
}

export const toChatCounts = ({ input, output, cached, written, reasoning }: Counts): Json => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
  completion_tokens_details: { reasoning_tokens: reasoning },
});

export function toMessageUsage(value: Json | undefined): Json {
  const usage = toFields(value);
  const details = toFields(usage.prompt_tokens_details);
  const cached = toNumber(details.cached_tokens);
  const written = toNumber(details.cache_write_tokens);
  const reasoning = toNumber(toFields(usage.completion_tokens_details).reasoning_tokens);
  const input = toNumber(usage.prompt_tokens) ?? 0;
  return {
    input_tokens: Math.max(0, input - (cached ?? 0) - (written ?? 0)),
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: written,
    cache_creation: null,
    output_tokens: countOutput(usage, input, reasoning),
    output_tokens_details: reasoning === null ? null : { thinking_tokens: reasoning },
    server_tool_use: null,
    service_tier: null,
    inference_geo: null,
    speed: null,
  };
}

/** Some vendors of OpenAI's form count reasoning next to the output: the total shows it. */
function countOutput(usage: Fields, input: number, reasoning: number | null): number {
  const output = toNumber(usage.completion_tokens) ?? 0;
  if (reasoning === null || reasoning === 0) return output;
  const isOutside = reasoning > output || toNumber(usage.total_tokens) === input + output + reasoning;
  return isOutside ? output + reasoning : output;
}

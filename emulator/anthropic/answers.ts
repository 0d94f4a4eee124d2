// Anthropic Message bodies as JSON text. Templates rather than objects: this runs once per item of a million.
import { answerText, countTokens, type Item } from '../answers/answer.ts';
import { outcomes } from '../answers/outcome.ts';
import { usageMember } from '../answers/usage.ts';
import type { Options } from '../faults/options.ts';
import { hex16 } from '../world/hash.ts';

export function messageBody(item: Item, options: Options): string {
  const text = answerText(item, options);
  const content = text === '' ? '[]' : `[{"type":"text","text":${JSON.stringify(text)},"citations":null}]`;
  return `{"id":"msg_${hex16(item.hash)}","type":"message","role":"assistant","model":${JSON.stringify(item.model)},"content":${content},"stop_reason":"${stopReason(item)}","stop_sequence":null${usageMember(item, options, usage(item, options, countTokens(text)))}}`;
}

function stopReason({ outcome }: Item): string {
  if (outcome === outcomes.refused) return 'refusal';
  return outcome === outcomes.truncated ? 'max_tokens' : 'end_turn';
}

/** Anthropic's input_tokens exclude the cached prefix. The options may add writes that no request asked for. */
function usage(item: Item, { usage: asked }: Options, output: number): string {
  const { tokens, cachedTokens, cacheLife, cacheWrite, inBatch } = item;
  const written = cacheWrite ? cachedTokens : 0;
  const short = asked.cacheWrite5m + (cacheLife === '5m' ? written : 0);
  const long = asked.cacheWrite1h + (cacheLife === '1h' ? written : 0);
  const split = `"cache_creation":{"ephemeral_5m_input_tokens":${short},"ephemeral_1h_input_tokens":${long}},`;
  return `{"input_tokens":${tokens - cachedTokens},"cache_creation_input_tokens":${short + long},"cache_read_input_tokens":${cachedTokens - written},${asked.cacheSplit ? split : ''}"output_tokens":${output},"service_tier":"${inBatch ? 'batch' : 'standard'}","server_tool_use":null}`;
}

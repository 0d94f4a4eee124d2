// The reply of the Converse API as JSON text. A template rather than an object: this runs once per item of a million.
import { answerText, countTokens, type Item } from '../answers/answer.ts';
import { outcomes } from '../answers/outcome.ts';
import { usageMember } from '../answers/usage.ts';
import type { Options } from '../faults/options.ts';

export function converseBody(item: Item, options: Options): string {
  const text = answerText(item, options);
  const content = text === '' ? '' : `{"text":${JSON.stringify(text)}}`;
  const output = countTokens(text);
  const usage = `{"inputTokens":${item.tokens},"outputTokens":${output},"totalTokens":${item.tokens + output}}`;
  return `{"metrics":{"latencyMs":1},"output":{"message":{"content":[${content}],"role":"assistant"}},"stopReason":"${stopReason(item)}"${usageMember(item, options, usage)}}`;
}

function stopReason({ outcome }: Item): string {
  if (outcome === outcomes.refused) return 'content_filtered';
  return outcome === outcomes.truncated ? 'max_tokens' : 'end_turn';
}

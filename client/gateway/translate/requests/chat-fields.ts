// Fields of OpenAI's chat completions that are read in the same way, whatever form they are carried into.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import { type Defaults, type Fields, isGiven, readList, readNumber, readText, refuse } from '../fields.ts';

export const chatDefaults: Defaults = {
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

/** What every form takes. */
export const chatCarried = [
  'model',
  'messages',
  'max_completion_tokens',
  'max_tokens',
  'stop',
  'temperature',
  'top_p',
  'tools',
  'tool_choice',
  'response_format',
] as const;

/** Of two names for the same thing. */
export function readSame<Value>(
  body: Fields,
  name: string,
  older: string,
  read: (value: Json | undefined, path: string) => Value | null,
): Value | null {
  const [value, olderValue] = [read(body[name], name), read(body[older], older)];
  if (value !== null && olderValue !== null && value !== olderValue) refuse(older, `must be the same as ${name}`);
  return value ?? olderValue;
}

/** Null if there is none. */
export const readChatLimit = (body: Fields): number | null =>
  readSame(body, 'max_completion_tokens', 'max_tokens', readNumber);

/** Some providers take no temperature above 1. */
export function readCoolTemperature(body: Fields): number | null {
  const temperature = readNumber(body.temperature, 'temperature');
  if (temperature !== null && temperature > 1) {
    refuse('temperature', 'must be at most 1, the highest that the provider that answers takes');
  }
  return temperature;
}

interface StopRules {
  /** Whether white space alone may be one. */
  readonly blank: boolean;
  readonly max?: number;
}

/** Null if there are none. */
export function readStop(body: Fields, { blank, max = Number.POSITIVE_INFINITY }: StopRules): Json {
  if (!isGiven(body.stop)) return null;
  const sequences = typeof body.stop === 'string' ? [body.stop] : [...readList(body.stop, 'stop')];
  for (const sequence of sequences) {
    if (readText(sequence, 'stop').trim() === '' && !blank) {
      refuse('stop', 'the provider that answers takes no stop sequence of white space alone');
    }
  }
  if (sequences.length > max) refuse('stop', `the provider that answers takes at most ${max} stop sequences`);
  return sequences.length === 0 ? null : sequences;
}

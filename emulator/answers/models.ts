// The model names that exist in the emulator: the vendors' current families and those named in the options.

import type { Options } from '../faults/options.ts';
import type { Vendor } from '../server/routes.ts';

const namesByVendor: Record<Exclude<Vendor, 'vertex'>, readonly string[]> = {
  openai: [
    ...['gpt-6-astra', 'gpt-6.1-sol', 'gpt-6-sol', 'gpt-6.1-terra', 'gpt-6-luna', 'gpt-5.6-sol', 'gpt-5.6-terra'],
    ...['gpt-5.6-luna', 'gpt-5.5', 'gpt-5.5-pro', 'gpt-5.4', 'gpt-5.4-mini', 'gpt-5.4-nano', 'gpt-5.2', 'gpt-5.1'],
    ...['gpt-5', 'gpt-5-mini', 'gpt-5-nano', 'gpt-4.1', 'gpt-4.1-mini', 'gpt-4.1-nano', 'gpt-4o', 'gpt-4o-mini', 'o3'],
    ...['o4-mini', 'text-embedding-3-small', 'text-embedding-3-large', 'text-embedding-ada-002'],
    ...[
      'omni-moderation-latest',
      'gpt-image-1.5',
      'gpt-image-2',
      'gpt-image-2.5',
      'gpt-3.5-turbo-instruct',
      'llama-3.3-70b',
      'openai/gpt-oss-120b',
      'qwen3-32b',
      'mistral-small-latest',
      'grok-4.3',
    ],
  ],
  anthropic: [
    ...[
      'claude-fable-5',
      'claude-fable-5-1',
      'claude-mythos-5',
      'claude-mythos-5-1',
      'claude-opus-5',
      'claude-opus-5-5',
    ],
    ...[
      'claude-opus-4-8',
      'claude-opus-4-7',
      'claude-opus-4-6',
      'claude-opus-4-5',
      'claude-sonnet-5',
      'claude-sonnet-5-5',
    ],
    ...['claude-sonnet-4-6', 'claude-sonnet-4-5', 'claude-haiku-5-5', 'claude-haiku-4-5'],
  ],
  bedrock: [
    ...['amazon.nova-micro-v1:0', 'amazon.nova-lite-v1:0', 'amazon.nova-pro-v1:0', 'amazon.nova-premier-v1:0'],
    ...['anthropic.claude-haiku-4-5-20251001-v1:0', 'eu.anthropic.claude-haiku-4-5-20251001-v1:0'],
    ...['anthropic.claude-sonnet-4-5-20250929-v1:0', 'meta.llama3-3-70b-instruct-v1:0'],
  ],
  gemini: [
    ...['gemini-4-argon', 'gemini-3.8-flash', 'gemini-3.7-flash', 'gemini-3.6-flash', 'gemini-3.5-flash'],
    ...['gemini-3.5-flash-lite', 'gemini-3.1-pro-preview', 'gemini-2.5-pro', 'gemini-2.5-flash'],
    ...['gemini-2.5-flash-lite', 'gemini-embedding-2', 'gemini-embedding-001'],
  ],
};
/** Vertex AI has the models of two vendors. */
const known: Record<Vendor, readonly string[]> = {
  ...namesByVendor,
  vertex: [...namesByVendor.gemini, ...namesByVendor.anthropic],
};
const dated = /[-@](\d{4}-\d{2}-\d{2}|\d{8})$/;

export const modelNames = (vendor: Vendor, options: Options): string[] => [...known[vendor], ...options.models[vendor]];

export function isKnownModel(vendor: Vendor, options: Options, name: string): boolean {
  const names = modelNames(vendor, options);
  return names.includes(name) || names.includes(nameFamily(name));
}

/** The name without its date. */
export const nameFamily = (name: string): string => name.replace(dated, '');

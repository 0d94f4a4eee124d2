// The vendors there are, by name. A new one is added here and nowhere else.

import type { VendorConfig } from './config.ts';
import { keyless } from './keyless.ts';
import type { Provider } from './provider.ts';
import { anthropicProvider } from './vendors/anthropic/index.ts';
import { openaiProvider } from './vendors/openai/index.ts';

const makers = { anthropic: anthropicProvider, openai: openaiProvider } as const satisfies Record<
  string,
  (config: VendorConfig) => Provider
>;

export type ProviderName = keyof typeof makers;
const providerNames: readonly ProviderName[] = ['anthropic', 'openai'];

export type ProvidersConfig = Readonly<Record<ProviderName, VendorConfig>>;

export interface Providers {
  readonly names: readonly ProviderName[];
  /** Undefined where no vendor goes by that name; one without a key is there, and refuses calls as `unauthorized`. */
  get(name: string): Provider | undefined;
  hasKey(name: string): boolean;
}

export function createProviders(config: ProvidersConfig): Providers {
  const made = new Map<string, Provider>(providerNames.map((name) => [name, providerFrom(name, config[name])]));
  return {
    names: providerNames,
    get: (name) => made.get(name),
    hasKey: (name) => providerNames.some((each) => each === name && isKey(config[each].apiKey)),
  };
}

function providerFrom(name: ProviderName, config: VendorConfig): Provider {
  const provider = makers[name](config);
  return isKey(config.apiKey) ? provider : keyless(provider);
}

const isKey = (key: string | null): boolean => key !== null && key.trim() !== '';

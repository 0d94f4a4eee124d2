// Where each emulated vendor's API begins, below the emulator's address, by the vendor's name.

export const frontPaths = {
  openai: '/v1',
  anthropic: '',
  azure: '/azure',
  bedrock: '/bedrock',
  gemini: '/gemini',
  digitalocean: '/digitalocean/v1',
  fireworks: '/fireworks',
  mistral: '/mistral/v1',
  openrouter: '/openrouter/v1',
  xai: '/xai/v1',
  together: '/together/v1',
  vertex: '/vertex',
} as const satisfies Record<string, string>;

/** Providers without a path of their own have OpenAI's API, without differences. */
export const frontPath = (name: string): string => {
  const paths: Readonly<Record<string, string>> = frontPaths;
  return paths[name] ?? frontPaths.openai;
};

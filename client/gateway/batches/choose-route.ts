// Which provider and account answer a batch: the first entry of `models` in the configuration that matches its model.

import type { GatewayConfig } from '../config.ts';
import type { LinesSummary } from './lines-tally.ts';
import type { Route, Target } from './record.ts';

export type RouteChoice =
  | { readonly kind: 'route'; readonly route: Route }
  | { readonly kind: 'problem'; readonly code: 'no_route' | 'mixed'; readonly message: string; readonly line: number };

/** All models of a batch must lead to one account: a batch is one job. */
export function chooseRoute(models: LinesSummary['models'], config: Pick<GatewayConfig, 'models'>): RouteChoice {
  let chosen: { readonly route: Route; readonly model: string } | null = null;
  for (const [model, line] of Object.entries(models)) {
    const route = findRoute(model, config);
    if (route === null) {
      const message = `The model \`${model}\` does not exist: no entry of \`models\` in the gateway's configuration matches it.`;
      return { kind: 'problem', code: 'no_route', message, line };
    }
    chosen ??= { route, model };
    if (route.model !== chosen.route.model && route.provider === chosen.route.provider) {
      const message = `The models \`${chosen.model}\` and \`${model}\` are of a provider whose batches have one model each: put them into different batches.`;
      return { kind: 'problem', code: 'mixed', message, line };
    }
    if (route.provider !== chosen.route.provider || route.account !== chosen.route.account) {
      const message = `The models \`${chosen.model}\` and \`${model}\` are answered by different accounts: put them into different batches.`;
      return { kind: 'problem', code: 'mixed', message, line };
    }
  }
  if (chosen === null) throw new Error('a batch without lines was to be routed');
  return { kind: 'route', route: chosen.route };
}

function findRoute(model: string, { models }: Pick<GatewayConfig, 'models'>): Route | null {
  const entry = models.find(({ match }) => matches(match, model));
  if (entry === undefined) return null;
  const { provider, account = null } = entry;
  return oneModel.has(provider) ? { provider, account, model } : { provider, account };
}

/** Vendors whose request lines name no model. */
const oneModel: ReadonlySet<string> = new Set(['bedrock', 'gemini', 'vertex']);

/** One `*` stands for any text. */
function matches(pattern: string, model: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === model;
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return model.length >= head.length + tail.length && model.startsWith(head) && model.endsWith(tail);
}

export function findTarget({ provider, model }: Route): Target {
  if (provider === 'vertex') return model?.startsWith('claude-') === true ? 'vertex' : 'gemini';
  return ownForms.find((form) => form === provider) ?? 'openai';
}

/** Vendors with lines of their own; all others have those of OpenAI. */
const ownForms = ['anthropic', 'bedrock', 'gemini'] as const;

/** Whether a provider knows the limit of an output only as `max_tokens`, the older name. A user's own profile is taken for one that knows the newer name. */
export const hasOlderLimit = ({ provider }: Route): boolean => olderLimits.has(provider);

const olderLimits: ReadonlySet<string> = new Set([
  'deepinfra',
  'fireworks',
  'llama-cpp',
  'mistral',
  'ollama',
  'openrouter',
  'sglang',
  'together',
]);

// The vendors' words for limits per minute: the headers of every synchronous call and the text of a refusal.
import type { Problem } from '../server/reply.ts';
import { isGoogle, namesModelInUrl, type Vendor } from '../server/routes.ts';
import { isoTime } from '../world/clock.ts';
import type { Caller } from './rates.ts';

export type LimitKind = 'requests' | 'tokens' | 'input' | 'output';

export interface LimitState {
  kind: LimitKind;
  limit: number;
  left: number;
  fullInMs: number;
}

type Refusal = LimitState & { needed: number; waitMs: number; retryAfter: boolean };

const minuteMs = 60_000;

export function headersFor(vendor: Vendor, states: LimitState[], nowMs: number): Record<string, string> {
  if (namesModelInUrl(vendor)) return {};
  const entries = states.flatMap((state) =>
    vendor === 'openai' ? openaiHeaders(state) : anthropicHeaders(state, state.kind, nowMs),
  );
  if (vendor === 'openai') return Object.fromEntries(entries);
  // In addition to its two kinds of tokens, Anthropic names the kind with less left.
  const [tightest] = states.filter(({ kind }) => kind !== 'requests').sort((a, b) => a.left - b.left);
  const both = tightest === undefined ? [] : anthropicHeaders(tightest, 'tokens', nowMs);
  return Object.fromEntries([...entries, ...both]);
}

type Header = [name: string, value: string];
const remaining = ({ left }: LimitState): string => String(Math.max(0, Math.floor(left + 1e-6)));

function openaiHeaders(state: LimitState): Header[] {
  const { kind, limit, fullInMs } = state;
  return [
    [`x-ratelimit-limit-${kind}`, String(limit)],
    [`x-ratelimit-remaining-${kind}`, remaining(state)],
    [`x-ratelimit-reset-${kind}`, duration(fullInMs)],
  ];
}

function anthropicHeaders(state: LimitState, kind: LimitKind, nowMs: number): Header[] {
  const name = kind === 'input' || kind === 'output' ? `${kind}-tokens` : kind;
  return [
    [`anthropic-ratelimit-${name}-limit`, String(state.limit)],
    [`anthropic-ratelimit-${name}-remaining`, remaining(state)],
    [`anthropic-ratelimit-${name}-reset`, isoTime(nowMs + Math.ceil(state.fullInMs))],
  ];
}

export function problemFor(caller: Caller, kind: LimitKind, refusal: Refusal): Problem {
  if (isGoogle(caller.vendor)) return geminiProblem(caller, refusal);
  if (caller.vendor === 'bedrock') return bedrockProblem(refusal);
  return caller.vendor === 'openai' ? openaiProblem(caller, kind, refusal) : anthropicProblem(caller, kind, refusal);
}

/** Google writes the wait in a detail; the header is for tests of the same limits at all vendors. */
function geminiProblem({ model }: Caller, { limit, waitMs, retryAfter }: Refusal): Problem {
  const message = `You exceeded your current quota. * Quota exceeded, limit: ${limit}, model: ${model}`;
  const headers = { 'retry-after': wholeSeconds(Number.isFinite(waitMs) ? waitMs : minuteMs) };
  return { status: 429, message, ...(retryAfter ? { headers } : {}) };
}

/** AWS does not say how long to wait; the header is for tests of the same limits at all vendors. */
function bedrockProblem({ waitMs, retryAfter }: Refusal): Problem {
  const headers = { 'retry-after': wholeSeconds(Number.isFinite(waitMs) ? waitMs : minuteMs) };
  const message = 'Too many requests, please wait before trying again.';
  return { status: 429, message, ...(retryAfter ? { headers } : {}) };
}

function openaiProblem({ model, tenant }: Caller, kind: LimitKind, refusal: Refusal): Problem {
  const { limit, left, needed, waitMs, retryAfter } = refusal;
  const what = kind === 'requests' ? 'requests per min (RPM)' : 'tokens per min (TPM)';
  const where = `for ${model} in organization org-${tenant} on ${what}: Limit ${limit}`;
  const more = 'Visit https://platform.openai.com/account/rate-limits to learn more.';
  const rest = { status: 429, type: kind, code: 'rate_limit_exceeded' };
  if (!Number.isFinite(waitMs) && needed > limit && limit > 0) {
    const message = `Request too large ${where}, Requested ${needed}. The input or output tokens must be reduced in order to run successfully. ${more}`;
    return { ...rest, message };
  }
  const used = Math.max(0, Math.ceil(limit - left));
  const againMs = Math.ceil(Number.isFinite(waitMs) ? waitMs : minuteMs);
  const message = `Rate limit reached ${where}, Used ${used}, Requested ${needed}. Please try again in ${duration(againMs)}. ${more}`;
  const headers = { 'retry-after': wholeSeconds(againMs), 'retry-after-ms': String(againMs) };
  return { ...rest, message, ...(retryAfter ? { headers } : {}) };
}

const anthropicWords = { requests: 'requests', tokens: 'tokens', input: 'input tokens', output: 'output tokens' };

function anthropicProblem({ model, tenant }: Caller, kind: LimitKind, refusal: Refusal): Problem {
  const { limit, waitMs, retryAfter } = refusal;
  const words = `${limit.toLocaleString('en-US')} ${anthropicWords[kind]} per minute`;
  const message = `This request would exceed your organization's rate limit of ${words} (org: ${tenant}, model: ${model}). For details, refer to: https://docs.claude.com/en/api/rate-limits. You can see the response headers for current usage. Please reduce the prompt length or the maximum tokens requested, or try again later.`;
  const headers = { 'retry-after': wholeSeconds(Number.isFinite(waitMs) ? waitMs : minuteMs) };
  return { status: 429, message, ...(retryAfter ? { headers } : {}) };
}

const wholeSeconds = (ms: number): string => String(Math.max(1, Math.ceil(ms / 1000)));

/** In OpenAI's form: 12ms, 9.816s, 6m0s. */
function duration(ms: number): string {
  const whole = Math.ceil(ms);
  if (whole < 1000) return `${whole}ms`;
  const minutes = Math.floor(whole / minuteMs);
  const seconds = (whole % minuteMs) / 1000;
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds}s`;
}

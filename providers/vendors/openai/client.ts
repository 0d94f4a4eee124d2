// The connection to OpenAI, or to a provider with the same batch API, by OpenAI's SDK: checks replies and turns failures into ProviderErrors.

import type OpenAI from 'openai';
import type { EndingRules } from '../../../domain/batch/evidence.ts';
import type { BatchHandle } from '../../../domain/batch/state.ts';
import { type Account, requireBaseUrl } from '../../account.ts';
import type { VendorFaults } from '../../faults.ts';
import type { BatchStates, Context, ProviderLimits } from '../../provider.ts';
import { callAndParse, callTimeouts, type Shape } from '../../transport/call.ts';
import type { Caller, Purpose } from '../../transport/fault.ts';
import { fetchWithOwnHeaders } from '../../transport/headers.ts';
import { type RecentList, recentList } from '../../transport/list-pages.ts';
import { type BatchWire, batchWire } from './wire.ts';

/** The differences between providers with OpenAI's batch API. Pure data. */
export interface OpenaiProfile {
  /** As in the registry. */
  readonly name: string;
  readonly limits: ProviderLimits;
  readonly endings: BatchStates;
  readonly proofs: EndingRules;
  readonly faults: VendorFaults;
  readonly endpoints: readonly string[];
  /** The `completion_window` of a batch. */
  readonly completionWindow: string;
  /** The `purpose` of an uploaded requests file. */
  readonly filePurpose: string;
}

export interface Candidate extends BatchHandle {
  readonly submission: unknown;
}

export interface Connection {
  readonly profile: OpenaiProfile;
  readonly caller: Caller;
  /** Loaded when it is first needed. */
  readonly sdk: () => Promise<OpenAI>;
  readonly recent: RecentList<Candidate>;
}

export const loadSdk = () => import('openai');

/** Retries are off: they would repeat a create, and hide time from heartbeats. Logs are off: they would hold bodies. */
export function connect(profile: OpenaiProfile, account: Account<'apiKey' | 'baseUrl'>): Connection {
  const apiKey = account.apiKey ?? 'none';
  const options = {
    apiKey,
    fetch: fetchWithOwnHeaders(apiKey),
    baseURL: requireBaseUrl(account),
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: callTimeouts.requestMs,
    logLevel: 'off' as const,
  };
  const caller = { name: profile.name, calls: profile.faults.calls };
  let made: Promise<OpenAI> | null = null;
  const sdk = () => (made ??= loadSdk().then(({ OpenAI }) => new OpenAI(options)));
  return { profile, caller, sdk, recent: recentList() };
}

export function ask<T>({ caller }: Connection, purpose: Purpose, shape: Shape<T>, call: () => Promise<unknown>) {
  return callAndParse(caller, purpose, shape, call);
}

export function retrieveBatch(connection: Connection, id: string, { signal }: Context): Promise<BatchWire> {
  return ask(connection, 'read', batchWire, async () => (await connection.sdk()).batches.retrieve(id, { signal }));
}

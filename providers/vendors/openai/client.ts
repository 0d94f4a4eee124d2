// The connection to OpenAI, or to a provider with the same batch API, by OpenAI's SDK: checks replies and turns failures into ProviderErrors.

import type OpenAI from 'openai';
import type { EndingRules } from '../../../domain/batch/evidence.ts';
import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Need } from '../../../domain/request/needs.ts';
import { type Account, requireBaseUrl } from '../../account.ts';
import type { VendorFaults } from '../../faults.ts';
import type { BatchStates, Context, ProviderLimits } from '../../provider.ts';
import { callAndParse, callTimeouts, type Shape } from '../../transport/call.ts';
import type { Caller, Purpose } from '../../transport/fault.ts';
import { fetchWithOwnHeaders } from '../../transport/headers.ts';
import { type RecentList, recentList } from '../../transport/list-pages.ts';
import { withOneError } from '../../transport/one-error.ts';
import type { Unmarked } from '../../transport/unmarked.ts';
import { type BatchForm, type FileListForm, openaiFileList, openaiForm } from './form.ts';
import type { BatchWire } from './wire.ts';

/** The differences between providers with OpenAI's batch API. Pure data. */
export interface OpenaiProfile {
  /** As in the registry. */
  readonly name: string;
  readonly limits: ProviderLimits;
  readonly endings: BatchStates;
  readonly proofs: EndingRules;
  readonly faults: VendorFaults;
  readonly endpoints: readonly string[];
  /** What requests may not ask for. */
  readonly lacks: readonly Need[];
  /** Whether it is certainly no gateway, which may have models of all vendors. */
  readonly isVendorItself: boolean;
  /** The field of a chat request that limits its output. */
  readonly outputLimit: 'max_completion_tokens' | 'max_tokens';
  /** The `completion_window` of a batch. */
  readonly completionWindow: string;
  /** The `purpose` of an uploaded requests file; null where files have none. */
  readonly filePurpose: string | null;
  /** Where files are uploaded, below the base URL. */
  readonly uploadPath: string;
  /** Whether an upload may say when it expires; `seconds` and `hours` where it does so in one field. */
  readonly uploadExpires: boolean | 'seconds' | 'hours';
  /** Whether a create says when its output expires. */
  readonly outputExpires: boolean;
  /** Whether a model that is not listed does not exist. */
  readonly listsModels: boolean;
  /** What the endpoints in request lines begin with, in place of `/v1`. */
  readonly linePrefix: '/v1' | '';
  /** Whether a realtime call names its model in its address. */
  readonly callsDeployments: boolean;
  /** By what `find` recognises a batch: the metadata of its create, or the file that it was created from. */
  readonly mark: 'metadata' | 'input_file';
  /** Whether the counts of a batch can be trusted. Otherwise only its lines count. */
  readonly counts: boolean;
  /** Whether the size that the provider states for a file can be trusted. */
  readonly sizes: boolean;
  /** The form of the calls about batches. */
  readonly batches: BatchForm;
  /** The form of the list of files; null if there is none. */
  readonly fileList: FileListForm | null;
  /** Whether the lines that are sent have a custom id and a body only. */
  readonly bareLines: boolean;
  /** The header that carries the key. */
  readonly keyHeader: 'authorization' | 'api-key';
  /** Added to the address of every call. */
  readonly query: Readonly<Record<string, string>>;
}

/** What a profile need not say: OpenAI's own behaviour. */
export const openaiDefaults = {
  lacks: [],
  isVendorItself: false,
  outputLimit: 'max_completion_tokens',
  completionWindow: '24h',
  filePurpose: 'batch',
  uploadPath: '/files',
  uploadExpires: true,
  outputExpires: false,
  listsModels: true,
  linePrefix: '/v1',
  callsDeployments: false,
  mark: 'metadata',
  counts: true,
  sizes: true,
  batches: openaiForm,
  fileList: openaiFileList,
  bareLines: false,
  keyHeader: 'authorization',
  query: {},
} as const satisfies Partial<OpenaiProfile>;

/** What tells whose a batch is: null where it is not shown. */
export interface Mark extends Pick<BatchHandle, 'fileId'> {
  /** From the batch's metadata. Always null at a provider that keeps none. */
  readonly key: string | null;
}
export type Candidate = Unmarked & Mark;

export interface Connection {
  readonly profile: OpenaiProfile;
  readonly caller: Caller;
  /** Loaded when it is first needed. */
  readonly sdk: () => Promise<OpenAI>;
  readonly recent: RecentList<Candidate>;
  /** Marks that searches have read, by the batch's id. */
  readonly marks: Map<string, Mark>;
}

export const loadSdk = () => import('openai');

/** Retries are off: they would repeat a create, and hide time from heartbeats. Logs are off: they would hold bodies. */
export function connect(profile: OpenaiProfile, account: Account<'apiKey' | 'baseUrl'>): Connection {
  const apiKey = account.apiKey ?? 'none';
  const options = {
    apiKey,
    fetch: withOneError(fetchWithOwnHeaders(apiKey, { keyHeader: profile.keyHeader })),
    baseURL: requireBaseUrl(account),
    defaultQuery: profile.query,
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
  return { profile, caller, sdk, recent: recentList(), marks: new Map() };
}

export function ask<T>({ caller }: Connection, purpose: Purpose, shape: Shape<T>, call: () => Promise<unknown>) {
  return callAndParse(caller, purpose, shape, call);
}

export function retrieveBatch(connection: Connection, id: string, { signal }: Context): Promise<BatchWire> {
  const { object } = connection.profile.batches;
  return ask(connection, 'read', object, async () =>
    (await connection.sdk()).get(batchPath(connection, id), { signal }),
  );
}

export const batchPath = ({ profile }: Connection, id: string): string =>
  `${profile.batches.path}/${encodeURIComponent(id)}`;

// The facts that resolving a job depends on. The caller gives them, so that this folder knows no vendor.

import type { Json, Lane } from '../domain/outcome/outcome.ts';
import type { Prompt } from '../domain/request/prompt.ts';

export interface ProviderFacts {
  readonly endpoints: readonly string[];
  readonly defaultEndpoint: string;
  readonly lanes: readonly Lane[];
  /** The accounts that the worker has. */
  readonly accounts: readonly string[];
  /** False if neither a request nor a ready-made line names its model. */
  readonly modelInBody: boolean;
  readonly inputsMax?: Readonly<Record<string, number>>;
  readonly limits: {
    readonly itemsMax: number;
    readonly bytesMax: number;
    readonly itemsMin: number;
    readonly createSendsItems?: boolean;
  };
}

export interface SpecFacts {
  readonly workflowId: string;
  /** The time for which the run was scheduled, otherwise its start: `{date}` is its day. */
  readonly at: number;
  readonly providers: Readonly<Record<string, ProviderFacts>>;
  /** Why this account of the provider would never accept a request. */
  readonly findProblems: (provider: string, account: string, body: Json, endpoint: string) => readonly string[];
  /** Why this provider would never take the job's model, where requests name none. Without an endpoint, only what holds for all of them. */
  readonly findModelProblem: (provider: string, model: string, endpoint: string | null) => string | null;
  /** The field that would limit a request's output tokens, if the model has a price and neither limits them; null otherwise. */
  readonly findMissingLimit: (provider: string, body: Json, endpoint: string, model: string) => string | null;
  readonly buildBody: (provider: string, prompt: Prompt, endpoint: string | undefined) => Json | null;
  /** The fields that every request of the account must have. */
  readonly fixedFields: (provider: string, account: string) => Readonly<Record<string, Json>>;
}

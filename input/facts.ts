// What resolving a job has to know of the world: told by the caller, so that nothing here knows a vendor.

import type { Json } from '../domain/outcome/outcome.ts';
import type { Prompt } from '../domain/request/prompt.ts';

export interface ProviderFacts {
  readonly endpoints: readonly string[];
  readonly defaultEndpoint: string;
  readonly limits: { readonly itemsMax: number; readonly bytesMax: number; readonly itemsMin: number };
}

export interface SpecFacts {
  readonly workflowId: string;
  /** When the run was scheduled for, or started: `{date}` is its day. */
  readonly at: number;
  readonly providers: Readonly<Record<string, ProviderFacts>>;
  /** What keeps a request from ever being accepted by this provider. */
  readonly findProblems: (provider: string, body: Json, endpoint: string) => readonly string[];
  readonly buildBody: (provider: string, prompt: Prompt, endpoint: string | undefined) => Json | null;
}

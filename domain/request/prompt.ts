// A request that does not depend on a vendor: `prompt` in a job, which every provider can turn into its own body.

import type { Json } from '../outcome/outcome.ts';

/** The portable form of a request; strings are still templates. */
export interface Prompt {
  readonly system?: string | undefined;
  readonly user: string;
  readonly schema?: Json | undefined;
  readonly maxTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly cache?: boolean | undefined;
}

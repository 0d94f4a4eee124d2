// The pure part of a provider: request lines, output lines and their bounds. It calls nobody, so threads that fill a core use it too.

import type { CustomId } from '../../domain/ids.ts';
import type { OutputLimit } from '../../domain/money/output-limit.ts';
import type { Json, RawOutcome } from '../../domain/outcome/outcome.ts';
import type { Need } from '../../domain/request/needs.ts';
import type { Prompt } from '../../domain/request/prompt.ts';
import type { ItemCodes } from './item-reason.ts';

/** A ready-made request line of the dataset, taken apart. Its members may stand in any order. */
export type RequestLine =
  | {
      readonly kind: 'request';
      readonly id: string;
      readonly endpoint: string;
      /** Null if request lines name no model: it is the job's. */
      readonly model: string | null;
      readonly body: Json;
      /** The body as the row's bytes spell it: it is sent so, whatever a number in it would become by being parsed. */
      readonly bodyText: string;
    }
  | { readonly kind: 'problem'; readonly problem: string };

/** A tokenizer that is published. */
export type Encoding = 'o200k_base' | 'cl100k_base';

/** What a model reads of a request, for a count of its tokens. */
export interface PromptText {
  readonly encoding: Encoding;
  readonly texts: readonly string[];
  /** Tokens that the request's form adds, such as those around each message. */
  readonly formTokens: number;
}

export interface Dialect {
  /** As in the registry. */
  readonly name: string;
  readonly defaultEndpoint: string;
  readonly endpoints: readonly string[];
  /** False if the URL of a call names the model: then no request and no request line does. */
  readonly modelInBody: boolean;
  /** Where the custom id begins in every line of `encode`. */
  readonly customIdAt: number;
  /** Where a ready-made request line has its id: the first of these that it has. */
  readonly idFields: readonly string[];
  /** Endpoints whose requests take a list of inputs and answer each: the most inputs of one request. Default: none. */
  readonly inputsMax?: Readonly<Record<string, number>>;

  /** The vendor's request body for a portable prompt; null where the endpoint does not take one. */
  buildBody(prompt: Prompt, endpoint: string): Json | null;
  /** Reasons why the vendor can never accept such a request, e.g. `stream: true`; empty if there are none. */
  findProblems(body: Json, endpoint: string): readonly string[];
  /**
   * Why the vendor certainly refuses a job's model, where requests name none; null if nothing is known against it. Without an endpoint, only what
   * holds for all of them.
   */
  findModelProblem?(model: string, endpoint: string | null): string | null;
  /** What a request asks for beyond text. A value that is still a template may turn out to be anything, and counts as nothing. */
  findNeeds(body: Json, endpoint: string): readonly Need[];
  /** Null if the model's tokenizer is not known, or the request has more than text. Absent: no model's tokenizer is known. */
  readPromptText?(model: string, body: Json, endpoint: string): PromptText | null;
  /** The request's own limit of output tokens. Requests of endpoints whose answers are not text have the limit 0. */
  outputLimit(body: Json, endpoint: string): OutputLimit;
  /** One line of a requests file, without its newline. `body` is JSON text. */
  encode(customId: CustomId, body: string, endpoint: string): string;
  /** Reads a ready-made request line; `record` is what `raw` parses to. The line is not sent: `encode` writes another around the body's text. */
  parseRequestLine(record: Json, raw: Buffer): RequestLine;
  /** A line of `encode` under another custom id. Throws InvariantBroken if the line does not have that form. */
  relabel(line: Buffer, customId: CustomId): Buffer;
  /** Reads one line of output. Never throws: a line that cannot be read is `unreadable`. Runs for every line, so it allocates little. */
  decode(line: Buffer, endpoint: string): RawOutcome;
}

/** Vendors of one family have the same lines. */
export type DialectFamily = 'openai' | 'anthropic' | 'bedrock' | 'gemini' | 'vertex';

/** All that a thread needs to make the dialect of an account: plain JSON. */
export interface DialectSettings {
  readonly family: DialectFamily;
  /** The vendor's, as in the registry. */
  readonly name: string;
  readonly endpoints: readonly string[];
  /** The vendor's codes in lines of output. */
  readonly codes: ItemCodes;
  /** The field of a chat request that limits its output, where the family has more than one. */
  readonly outputLimit?: string;
  /** What the endpoints in request lines begin with, in place of `/v1`. Default: the same. */
  readonly linePrefix?: string;
  /** What requests may not ask for. Default: nothing. */
  readonly lacks?: readonly Need[];
  /** Whether the account leads to the vendor itself, which has only its own models. Default: it may lead to a gateway. */
  readonly isVendorItself?: boolean;
  /** Fields that every request of the account must have, such as the region in which it is answered. */
  readonly fixedFields?: Readonly<Record<string, Json>>;
  /** Removed from the messages that output lines quote. */
  readonly secrets: readonly string[];
}

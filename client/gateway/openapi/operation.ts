// One request that the gateway takes, as its description has it.

import type { z } from 'zod';
import type { Scope } from '../access/scopes.ts';
import type { GatewayErrorCode } from '../errors.ts';

export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** As the router has it: `/api/jobs/:id`. */
  readonly path: string;
  /** A name for programs that are made from the description. */
  readonly name: string;
  readonly summary: string;
  readonly group: 'jobs' | 'queues' | 'fronts' | 'gateway';
  /** Null needs a token, and no scope; `open` needs no token. */
  readonly scope: Scope | null | 'open';
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  /** JSON that is sent. */
  readonly body?: z.ZodType;
  readonly answer: Answer;
  /** Besides those that every request may have. */
  readonly refusals?: readonly GatewayErrorCode[];
}

interface Answer {
  /** Default: 200. */
  readonly status?: number;
  readonly description: string;
  /** Absent: the answer is not JSON, and its type is named. */
  readonly json?: z.ZodType;
  readonly types?: readonly string[];
}

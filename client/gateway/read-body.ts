// Reads the JSON of a request, up to the size that is allowed, and checks its form.

import type { Context } from 'hono';
import type { z } from 'zod';
import type { GatewayLimits } from './config.ts';
import { GatewayError } from './errors.ts';
import type { GatewayEnv } from './parts.ts';

type BodyLimits = Pick<GatewayLimits, 'bodyBytes' | 'bodySeconds'>;

/** Without a body, the form is given an empty object. */
export async function readBody<Form extends z.ZodType>(
  context: Context<GatewayEnv>,
  form: Form,
  limits: BodyLimits,
): Promise<z.output<Form>> {
  const text = decodeText(await readBytes(context, limits));
  const parsed = form.safeParse(text.trim() === '' ? {} : parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new GatewayError('bad_request', `${field === '' ? 'the body' : field}: ${issue?.message}`, { field });
}

/**
 * Reads no more and no longer than is allowed, whatever the request says of its length. `take` is given the length of each piece, and may throw:
 * what it has taken is held until the body is there, so a body that comes slowly would keep others out.
 */
export async function readBytes(
  context: Context<GatewayEnv>,
  { bodyBytes, bodySeconds }: BodyLimits,
  take: (bytes: number) => void = () => undefined,
): Promise<Buffer> {
  const reader = context.req.raw.body?.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const late = Promise.withResolvers<never>();
  const refusal = new GatewayError(
    'unavailable',
    `the body was not there within ${bodySeconds} seconds: send it again`,
    {
      retryAfter: 1,
    },
  );
  const timer = setTimeout(() => late.reject(refusal), bodySeconds * 1000);
  try {
    while (reader !== undefined) {
      const { value, done } = await Promise.race([reader.read(), late.promise]);
      if (done) break;
      bytes += value.length;
      if (bytes > bodyBytes) throw new GatewayError('too_large', `the body has more than ${bodyBytes} bytes`);
      take(value.length);
      chunks.push(value);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    void reader?.cancel().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** A byte order mark is left out. */
export function decodeText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new GatewayError('bad_request', 'the body is not UTF-8');
  }
}

export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new GatewayError('bad_request', 'the body is not JSON');
  }
  if (isDeeper(value, depthMax)) throw new GatewayError('bad_request', 'the body is nested too deeply');
  return value;
}

/** Far more than a request of any vendor needs, and far less than what overflows the stack where it is written again. */
const depthMax = 500;

/** Looks no deeper than that. */
function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((each) => isDeeper(each, depth - 1));
}

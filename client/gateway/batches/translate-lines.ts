// Writes a batch's request lines in the form of the provider that answers them, before anything is sent. A line that cannot be carried
// refuses the batch, and names its field.

import type { Json } from '../../../domain/outcome/outcome.ts';
import { cursorLineBytesMax, lineChunks, lineWriter } from '../../../storage/lines/json-lines.ts';
import { type Store, StoreError } from '../../../storage/store.ts';
import { hasOlderLimit } from './choose-route.ts';
import type { BatchProblem, BatchRecord, Dialect, Route, Target } from './record.ts';
import { type Translator, translatedEndpoints } from './translator.ts';

interface Translation {
  readonly target: Target;
  /** Where the lines are written. */
  readonly uri: string;
  readonly translator: Translator;
}

const problemsMax = 100;

/** The uri of the lines, or why there can be none. The same record always gives the same lines. */
export async function translateLines(
  store: Store,
  record: BatchRecord,
  { target, uri, translator }: Translation,
): Promise<string | readonly BatchProblem[]> {
  const problems: BatchProblem[] = [];
  const to = translatedEndpoints[target];
  const writer = lineWriter(await store.create(uri, { ifAbsent: true }));
  try {
    for await (const lines of lineChunks(store.read(record.lines), { lineBytesMax: cursorLineBytesMax })) {
      for (const { number, bytes } of lines) {
        if (bytes === null || bytes.length === 0) continue;
        const { customId, body } = readLine(JSON.parse(bytes.toString()), record.dialect);
        const translated = translator.translateRequest(body, record.endpoint, to);
        if (translated.ok) {
          await writer.write(writeLine(customId, nameLimit(translated.body, record.route), target));
        } else if (problems.length < problemsMax) {
          const { field, message } = translated;
          problems.push({ code: 'unsupported_field', message, param: field, line: number });
        }
      }
    }
    if (problems.length === 0) await writer.close();
    else await writer.abort();
  } catch (error) {
    await writer.abort();
    // Another gateway was faster, and wrote the same.
    if (error instanceof StoreError && error.problem === 'exists') return uri;
    throw error;
  }
  return problems.length === 0 ? uri : problems;
}

/** The fronts have checked the form of each line. */
function readLine(record: { readonly [name: string]: Json }, dialect: Dialect): { customId: string; body: Json } {
  const body = dialect === 'openai' ? record.body : record.params;
  return { customId: String(record.custom_id), body: body ?? null };
}

/** The limit has two names in the same form. */
function nameLimit(body: Json, route: Route | null): Json {
  if (route === null || !hasOlderLimit(route)) return body;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const { max_completion_tokens: limit, ...others } = body;
  return limit === undefined ? body : { ...others, max_tokens: limit };
}

/** As the workers read ready-made lines. */
function writeLine(customId: string, body: Json, target: Target): string {
  if (target === 'anthropic') return JSON.stringify({ custom_id: customId, params: body });
  if (target === 'gemini') return JSON.stringify({ key: customId, request: body });
  if (target === 'bedrock') return JSON.stringify({ recordId: customId, modelInput: body });
  if (target === 'vertex') return JSON.stringify({ custom_id: customId, request: body });
  return JSON.stringify({ custom_id: customId, method: 'POST', url: translatedEndpoints.openai, body });
}

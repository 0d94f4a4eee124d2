// Writes a batch's request lines in the form of the provider that answers them, before anything is sent. A request that cannot be carried is
// refused by its line, which names the field.

import type { Json } from '../../../domain/outcome/outcome.ts';
import { cursorLineBytesMax, lineChunks, lineWriter } from '../../../storage/lines/json-lines.ts';
import { type Store, StoreError } from '../../../storage/store.ts';
import { hasOlderLimit } from './choose-route.ts';
import type { BatchRecord, Dialect, Route, Target } from './record.ts';
import { formatFlawed, nameId } from './refused-requests.ts';
import { type Translator, translatedEndpoints } from './translator.ts';

interface Translation {
  readonly target: Target;
  /** Where the lines are written. */
  readonly uri: string;
  readonly translator: Translator;
}

/** The same record always gives the same lines. */
export async function translateLines(
  store: Store,
  record: BatchRecord,
  { target, uri, translator }: Translation,
): Promise<void> {
  const to = translatedEndpoints[target];
  const writer = lineWriter(await store.create(uri, { ifAbsent: true }));
  const translate = (line: Line): string => {
    const { customId, body } = readLine(line, record.dialect);
    // The front has refused it.
    if (body === undefined) return JSON.stringify({ [nameId(target)]: customId, nightshift: line.nightshift ?? null });
    const translated = translator.translateRequest(body, record.endpoint, to);
    return translated.ok
      ? writeLine(customId, nameLimit(translated.body, record.route), target)
      : formatFlawed(customId, translated, target);
  };
  try {
    for await (const lines of lineChunks(store.read(record.lines), { lineBytesMax: cursorLineBytesMax })) {
      for (const { bytes } of lines) {
        if (bytes !== null && bytes.length > 0) await writer.write(translate(JSON.parse(bytes.toString())));
      }
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    // Another gateway was faster, and wrote the same.
    if (!(error instanceof StoreError) || error.problem !== 'exists') throw error;
  }
}

type Line = { readonly [name: string]: Json };

/** The fronts have checked the form of each line. */
function readLine(line: Line, dialect: Dialect): { readonly customId: string; readonly body: Json | undefined } {
  return { customId: String(line.custom_id), body: dialect === 'openai' ? line.body : line.params };
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
  const id = { [nameId(target)]: customId };
  if (target === 'anthropic') return JSON.stringify({ ...id, params: body });
  if (target === 'gemini' || target === 'vertex') return JSON.stringify({ ...id, request: body });
  if (target === 'bedrock') return JSON.stringify({ ...id, modelInput: body });
  return JSON.stringify({ ...id, method: 'POST', url: translatedEndpoints.openai, body });
}

// Answers other than text: vectors and moderation results.

import type { Finish, Json, RawImage } from '../../../domain/outcome/outcome.ts';
import { noUsage, type Usage } from '../../../domain/outcome/usage.ts';
import { asFields, asJson, asList, asNumber, asObjects, type Fields } from '../../json-fields.ts';

/** The content of an answer's body, whichever endpoint it came from. */
export interface Answer {
  readonly text: string | null;
  readonly value?: Json;
  readonly images?: readonly RawImage[];
  readonly finish: Finish;
  readonly finishReason: string | null;
  readonly usage: Usage;
  /** Default: the body. */
  readonly response?: Json;
}

/** One input gives a vector, several give a list of vectors in the order of the inputs. */
export function embeddingsAnswer(body: Fields): Answer {
  const entries = asObjects(body.data);
  const ordered = arePlaced(entries) ? entries.sort((a, b) => toPlace(a) - toPlace(b)) : [];
  const vectors = ordered.flatMap(({ embedding }) => {
    const vector = parseVector(embedding);
    return vector === null ? [] : [vector];
  });
  // If a vector cannot be read, it is not known which input it belongs to. All have the dimensions that the request names, or the model's.
  const isWhole = vectors.length === entries.length && vectors.every(({ length }) => length === vectors[0]?.length);
  const whole = isWhole ? vectors : [];
  return {
    text: null,
    ...singleOrList(whole),
    finish: 'stop',
    finishReason: null,
    usage: { ...noUsage, input: asNumber(asFields(body.usage)?.prompt_tokens) },
  };
}

const toPlace = ({ index }: Fields): number => asNumber(index) ?? 0;

/** Without numbers, the order counts. With one twice or one left out, a vector would go to another input's row. */
function arePlaced(entries: readonly Fields[]): boolean {
  if (entries.length === 1 || entries.every(({ index }) => index == null)) return true;
  const places = new Set(entries.map(({ index }) => index));
  return entries.every((_, place) => places.has(place));
}

export function moderationsAnswer(body: Fields): Answer {
  return { text: null, ...singleOrList(asList(body.results)), finish: 'stop', finishReason: null, usage: noUsage };
}

function singleOrList(values: readonly unknown[]): { readonly value?: Json } {
  if (values.length === 0) return {};
  return { value: asJson(values.length === 1 ? values[0] : values) };
}

/** Numbers, or base64 of little-endian 32-bit floats, which is a quarter of the bytes on the wire. */
function parseVector(embedding: unknown): number[] | null {
  if (Array.isArray(embedding)) return embedding.every((each) => Number.isFinite(each)) ? embedding : null;
  if (typeof embedding !== 'string') return null;
  const bytes = Buffer.from(embedding, 'base64');
  if (bytes.length === 0 || bytes.length % 4 !== 0) return null;
  const vector = Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at));
  return vector.every(Number.isFinite) ? vector : null;
}

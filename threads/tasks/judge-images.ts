// Takes the images out of an answer: their bytes become files, and the output and the response name those files instead.

import { type ImageReference, listsOfImages, nameImage } from '../../domain/outcome/image-file.ts';
import type { Json, RawImage, RawOutcome } from '../../domain/outcome/outcome.ts';

type Answer = Extract<RawOutcome, { kind: 'answer' }>;

/** An image as a file of the job's folder. */
export interface ImageFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface Taken {
  readonly line: RawOutcome;
  readonly images: readonly ImageFile[];
}

/** A line without images stays as it is. */
export function takeImages(line: RawOutcome): Taken {
  return line.kind !== 'answer' || line.images === undefined
    ? { line, images: [] }
    : nameImages(line, line.customId, line.images);
}

function nameImages(answer: Answer, customId: string, raw: readonly RawImage[]): Taken {
  const images: ImageFile[] = [];
  const named = raw.map(({ base64, url }, index): ImageReference | { url: string } | null => {
    const bytes = base64 === null ? null : decodeBase64(base64);
    if (bytes === null) return url === null ? null : { url };
    const { mediaType, extension } = findForm(bytes);
    const name = nameImage(customId, index, extension);
    images.push({ name, bytes });
    return { file: name, mediaType, bytes: bytes.length };
  });
  const found = named.filter((each) => each !== null);
  const response = addReferences(answer.response, raw, named);
  if (found.length === 0) return { line: { ...answer, response }, images };
  return { line: { ...answer, text: null, value: makeOutput(answer, found), response }, images };
}

/** A model may answer with text, or call tools, next to the images that it makes. */
function makeOutput({ text, value }: Answer, images: Json[]): Json {
  if (text === null && value === undefined) return images.length === 1 ? (images[0] ?? null) : images;
  return { ...(text === null ? {} : { text }), ...(value === undefined ? {} : { calls: value }), images };
}

function addReferences(response: Json, raw: readonly RawImage[], named: readonly (Json | null)[]): Json {
  if (typeof response !== 'object' || response === null || Array.isArray(response)) return response;
  const name = listsOfImages.find((each) => Array.isArray(response[each]));
  if (name === undefined) return response;
  const more = new Map(raw.map(({ entry }, index) => [entry, named[index] ?? null]));
  const list = response[name] as Json[];
  return { ...response, [name]: list.map((entry, at) => mergeFields(entry, more.get(at) ?? null)) };
}

const mergeFields = (entry: Json, more: Json): Json =>
  typeof entry === 'object' && entry !== null && typeof more === 'object' ? ({ ...entry, ...more } as Json) : entry;

/** In a buffer of its own, which can move to another thread. Null if it holds nothing. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  const buffer = Buffer.allocUnsafeSlow(Buffer.byteLength(text, 'base64'));
  const used = buffer.write(text, 'base64');
  return used === 0 ? null : new Uint8Array(buffer.buffer, 0, used);
}

interface ImageForm {
  readonly mediaType: string;
  readonly extension: string;
}

/** By how their files begin. */
const forms: readonly (ImageForm & { readonly at: number; readonly begins: string })[] = [
  { mediaType: 'image/png', extension: 'png', at: 0, begins: '\x89PNG' },
  { mediaType: 'image/jpeg', extension: 'jpg', at: 0, begins: '\xff\xd8\xff' },
  { mediaType: 'image/webp', extension: 'webp', at: 8, begins: 'WEBP' },
];
const otherForm: ImageForm = { mediaType: 'application/octet-stream', extension: 'bin' };

function findForm(bytes: Uint8Array<ArrayBuffer>): ImageForm {
  const head = Buffer.from(bytes.buffer, 0, Math.min(bytes.length, 12)).toString('latin1');
  return forms.find(({ at, begins }) => head.startsWith(begins, at)) ?? otherForm;
}

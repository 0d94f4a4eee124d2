// Images and PDF files within a request: as data, or images by their address. Files of a vendor cannot be carried.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import {
  checkNames,
  type Fields,
  joinPath,
  pickGiven,
  readObject,
  readOptionalText,
  readText,
  refuse,
} from '../fields.ts';

const imageTypes: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);
export const pdf = 'application/pdf';
/** A file must have a name in one form, and may have one in the other. */
const fileNameDefault = 'document.pdf';

interface Data {
  readonly mediaType: string;
  readonly base64: string;
}

/** Null if it is not a data address in base64. */
function parseDataAddress(text: string): Data | null {
  const head = /^data:([^;,]+);base64,/.exec(text.slice(0, 200));
  return head === null ? null : { mediaType: (head[1] ?? '').toLowerCase(), base64: text.slice(head[0].length) };
}

const isWebAddress = (text: string): boolean => /^https?:\/\//i.test(text);

function readImageUrl(part: Fields, path: string): string {
  checkNames(part, path, ['type', 'image_url']);
  const imagePath = joinPath(path, 'image_url');
  const image = readObject(part.image_url, imagePath);
  checkNames(image, imagePath, ['url'], { detail: ['auto'] });
  return readText(image.url, joinPath(imagePath, 'url'));
}

/** Of an `image_url` that must be data. */
export function readImageData(part: Fields, path: string, mediaTypes: readonly string[]): Data {
  const data = parseDataAddress(readImageUrl(part, path));
  if (data !== null && mediaTypes.includes(data.mediaType)) return data;
  return refuse(
    joinPath(path, 'image_url.url'),
    `must be data in base64 of ${mediaTypes.join(', ')}: the provider that answers fetches no addresses`,
  );
}

export function toImageBlock(part: Fields, path: string): Json {
  const url = readImageUrl(part, path);
  if (isWebAddress(url)) return { type: 'image', source: { type: 'url', url } };
  const data = parseDataAddress(url);
  if (data === null || !imageTypes.has(data.mediaType)) {
    refuse(joinPath(path, 'image_url.url'), `must be an address, or data in base64 of ${[...imageTypes].join(', ')}`);
  }
  return { type: 'image', source: { type: 'base64', media_type: data.mediaType, data: data.base64 } };
}

export function toImagePart(block: Fields, path: string): Json {
  checkNames(block, path, ['type', 'source']);
  const sourcePath = joinPath(path, 'source');
  const source = readObject(block.source, sourcePath);
  if (source.type === 'url') {
    checkNames(source, sourcePath, ['type', 'url']);
    return { type: 'image_url', image_url: { url: readText(source.url, joinPath(sourcePath, 'url')) } };
  }
  if (source.type !== 'base64') refuse(joinPath(sourcePath, 'type'), 'only base64 and url can be carried');
  checkNames(source, sourcePath, ['type', 'media_type', 'data']);
  const mediaType = readText(source.media_type, joinPath(sourcePath, 'media_type'));
  const base64 = readText(source.data, joinPath(sourcePath, 'data'));
  return { type: 'image_url', image_url: { url: `data:${mediaType};base64,${base64}` } };
}

/** Of a `file` that must be a PDF. The name is null if it says nothing. */
export function readPdf(part: Fields, path: string): { readonly name: string | null; readonly base64: string } {
  checkNames(part, path, ['type', 'file']);
  const filePath = joinPath(path, 'file');
  const file = readObject(part.file, filePath);
  checkNames(file, filePath, ['file_data', 'filename']);
  const data = parseDataAddress(readText(file.file_data, joinPath(filePath, 'file_data')));
  if (data?.mediaType !== pdf) refuse(joinPath(filePath, 'file_data'), `must be data in base64 of ${pdf}`);
  const name = readOptionalText(file.filename, joinPath(filePath, 'filename'));
  return { name: name === fileNameDefault ? null : name, base64: data.base64 };
}

export function toDocumentBlock(part: Fields, path: string): Json {
  const { name, base64 } = readPdf(part, path);
  return pickGiven({ type: 'document', source: { type: 'base64', media_type: pdf, data: base64 }, title: name });
}

export function toFilePart(block: Fields, path: string): Json {
  checkNames(block, path, ['type', 'source', 'title', 'citations']);
  if (block.citations !== undefined && block.citations !== null) {
    checkNames(readObject(block.citations, joinPath(path, 'citations')), joinPath(path, 'citations'), [], {
      enabled: [false],
    });
  }
  const sourcePath = joinPath(path, 'source');
  const source = readObject(block.source, sourcePath);
  if (source.type !== 'base64') refuse(joinPath(sourcePath, 'type'), 'only base64 can be carried');
  checkNames(source, sourcePath, ['type', 'data'], { media_type: [pdf] });
  const base64 = readText(source.data, joinPath(sourcePath, 'data'));
  const title = readOptionalText(block.title, joinPath(path, 'title'));
  return {
    type: 'file',
    file: { filename: title ?? fileNameDefault, file_data: `data:${pdf};base64,${base64}` },
  };
}

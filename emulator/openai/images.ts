// Image bodies: small PNG files in a colour of the request's own, as base64.
import { crc32, deflateSync } from 'node:zlib';
import type { Item } from '../answers/answer.ts';
import { outcomes } from '../answers/outcome.ts';
import { usageMember } from '../answers/usage.ts';
import type { Options } from '../faults/options.ts';
import { asList, isObject } from '../server/json.ts';
import { hex16 } from '../world/hash.ts';

const tokensPerImage = 1056;
const side = 16;
const bytesPerPixel = 3;

export const countImageTokens = (item: Item): number => tokensPerImage * countImages(item);

export function imagesBody(item: Item, options: Options): string {
  const count = item.outcome === outcomes.empty ? 0 : countImages(item);
  const data = Array.from({ length: count }, (_, index) => ({
    b64_json: makePng(item.hash.hi + index, options.answer.imageBytes).toString('base64'),
  }));
  const [input, output] = [item.tokens, countImageTokens(item)];
  const used = {
    input_tokens: input,
    input_tokens_details: { text_tokens: input, image_tokens: 0 },
    output_tokens: output,
    total_tokens: input + output,
  };
  const members = JSON.stringify({ created: item.createdS, background: 'opaque', output_format: 'png', data });
  return `${members.slice(0, -1)}${usageMember(item, options, JSON.stringify(used))}}`;
}

/** The outputs of a response whose request has the tool that makes images: one image, each with a comma after it. */
export function imageCalls(item: Item, options: Options): string {
  const asked = asList(item.body().tools).some((tool) => isObject(tool) && tool.type === 'image_generation');
  if (!asked || item.outcome !== outcomes.answered) return '';
  const result = makePng(item.hash.hi, options.answer.imageBytes).toString('base64');
  const call = { id: `ig_${hex16(item.hash)}`, type: 'image_generation_call', status: 'completed', result };
  return `${JSON.stringify({ ...call, output_format: 'png', revised_prompt: 'an image' })},`;
}

function countImages(item: Item): number {
  const { n } = item.body();
  return typeof n === 'number' ? n : 1;
}

/** A square of one colour. A text in the file takes as many more bytes as are asked for. */
export function makePng(color: number, moreBytes: number): Buffer {
  const row = Buffer.alloc(1 + side * bytesPerPixel);
  for (let at = 1; at < row.length; at++) row[at] = color >> (8 * (at % bytesPerPixel));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // 8 bits for each of red, green and blue.
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    makePart('IHDR', header),
    ...(moreBytes === 0
      ? []
      : [makePart('tEXt', Buffer.concat([Buffer.from('Comment\0'), Buffer.alloc(moreBytes, '.')]))]),
    makePart('IDAT', deflateSync(Buffer.concat(Array.from({ length: side }, () => row)))),
    makePart('IEND', Buffer.alloc(0)),
  ]);
}

function makePart(name: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const named = Buffer.concat([Buffer.from(name), content]);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

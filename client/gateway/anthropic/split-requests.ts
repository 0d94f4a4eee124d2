// Finds the elements of `{"requests": [...]}` in a body that arrives in pieces: only the element that is being read is held. The elements
// are found by their brackets alone, and must be parsed to know that they are JSON.

import { GatewayError } from '../errors.ts';

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const spaces: ReadonlySet<number | undefined> = new Set([0x20, 0x0a, 0x0d, 0x09]);
const key = Buffer.from('"requests"');
/** Far more than any schema has, and less than a stack allows to those who write it again. */
const nestingMax = 500;

/** Between elements, what may come next. */
type Place = 'object' | 'key' | 'colon' | 'array' | 'first' | 'element' | 'afterElement' | 'afterArray' | 'end';

export class RequestSplitter {
  readonly #elementBytesMax: number;
  #place: Place = 'object';
  #keyBytes = 0;
  #count = 0;
  /** Of the element that is being read; 0 between elements. */
  #depth = 0;
  #inText = false;
  #isEscaped = false;
  #parts: Buffer[] = [];
  #partBytes = 0;

  constructor({ elementBytesMax }: { readonly elementBytesMax: number }) {
    this.#elementBytesMax = elementBytesMax;
  }

  /** The elements that end in this chunk: they are valid until the chunk is not. */
  push(chunk: Buffer): Buffer[] {
    const elements: Buffer[] = [];
    let at = 0;
    while (at < chunk.length) {
      const start = at;
      if (this.#depth === 0) {
        this.#step(chunk[at] ?? 0);
        at += 1;
      }
      if (this.#depth === 0) continue;
      at = this.#skip(chunk, at);
      const part = chunk.subarray(start, at);
      this.#partBytes += part.length;
      if (this.#partBytes > this.#elementBytesMax) {
        throw refuseBody(`requests.${this.#count}: has more than ${this.#elementBytesMax} bytes`, 'too_large');
      }
      if (this.#depth > 0) this.#parts.push(Buffer.from(part));
      else elements.push(this.#finish(part));
    }
    return elements;
  }

  /** Throws if the body has not come to its end. */
  end(): void {
    if (this.#place !== 'end' || this.#depth > 0) throw refuseBody('the body is not JSON: it ends too early');
  }

  #finish(last: Buffer): Buffer {
    const element = this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#partBytes = 0;
    this.#count += 1;
    this.#place = 'afterElement';
    return element;
  }

  /** The place after the element's last bracket, or the end of the chunk. */
  #skip(chunk: Buffer, from: number): number {
    let [depth, inText, isEscaped] = [this.#depth, this.#inText, this.#isEscaped];
    let at = from;
    while (at < chunk.length && depth > 0) {
      const byte = chunk[at];
      at += 1;
      if (inText) {
        if (isEscaped) isEscaped = false;
        else if (byte === backslash) isEscaped = true;
        else if (byte === quote) inText = false;
      } else if (byte === quote) {
        inText = true;
      } else if (byte === openBrace || byte === openBracket) {
        depth += 1;
        if (depth > nestingMax) throw refuseBody(`requests.${this.#count}: is nested more than ${nestingMax} deep`);
      } else if (byte === closeBrace || byte === closeBracket) {
        depth -= 1;
      }
    }
    [this.#depth, this.#inText, this.#isEscaped] = [depth, inText, isEscaped];
    return at;
  }

  #step(byte: number): void {
    const place = this.#place;
    const isInKey = place === 'key' && this.#keyBytes > 0;
    if (spaces.has(byte) && !isInKey) return;
    if (place === 'object' && byte === openBrace) this.#place = 'key';
    else if (place === 'key') this.#stepInKey(byte);
    else if (place === 'colon' && byte === colon) this.#place = 'array';
    else if (place === 'array') this.#openArray(byte);
    else if (place === 'first' || place === 'element') this.#stepToElement(byte);
    else if (place === 'afterElement' && byte === comma) this.#place = 'element';
    else if (place === 'afterElement' && byte === closeBracket) this.#place = 'afterArray';
    else if (place === 'afterArray' && byte === closeBrace) this.#place = 'end';
    else if (place === 'afterArray' && byte === comma) throw refuseOthers();
    else throw refuseBody('the body is not JSON');
  }

  #stepInKey(byte: number): void {
    if (byte === closeBrace && this.#keyBytes === 0) throw refuseBody('requests: Field required');
    if (byte !== key[this.#keyBytes]) throw refuseOthers();
    this.#keyBytes += 1;
    if (this.#keyBytes === key.length) this.#place = 'colon';
  }

  #openArray(byte: number): void {
    if (byte !== openBracket) throw refuseBody('requests: must be a list');
    this.#place = 'first';
  }

  #stepToElement(byte: number): void {
    if (byte === openBrace) this.#depth = 1;
    else if (byte === closeBracket && this.#place === 'first') this.#place = 'afterArray';
    else throw refuseBody(`requests.${this.#count}: must be an object`);
  }
}

const refuseOthers = (): GatewayError => refuseBody('the body has another field than `requests`');

function refuseBody(message: string, code: 'bad_request' | 'too_large' = 'bad_request'): GatewayError {
  return new GatewayError(code, message, { field: 'requests' });
}

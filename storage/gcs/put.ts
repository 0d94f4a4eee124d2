// Writes a small object by one request, which holds what the object is and what is in it.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { callMs, markName, type ObjectFacts, type ObjectPlace, type WriteCondition } from '../objects/client.ts';
import { StoreError } from '../store.ts';
import { type Gcs, generationOf } from './call.ts';
import { gcsError } from './error.ts';
import { requestGcs } from './request.ts';

const triesMax = 4;
const firstWaitMs = 200;

export async function putGcsObject(
  gcs: Gcs,
  place: ObjectPlace,
  content: Uint8Array,
  condition: WriteCondition | null,
  signal?: AbortSignal,
): Promise<Pick<ObjectFacts, 'version'>> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await put(gcs, place, content, condition, signal);
    } catch (error) {
      if (!(error instanceof StoreError) || error.problem !== 'unavailable' || tries === triesMax) throw error;
      await sleep(firstWaitMs * 2 ** tries * Math.random(), undefined, { signal });
    }
  }
}

async function put(
  gcs: Gcs,
  place: ObjectPlace,
  content: Uint8Array,
  condition: WriteCondition | null,
  signal?: AbortSignal,
): Promise<Pick<ObjectFacts, 'version'>> {
  signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(callMs.writing);
  try {
    const { boundary, body } = encodeBody(place, content, condition);
    const query = condition === null ? '' : `&ifGenerationMatch=${generationOf(condition)}`;
    const response = await requestGcs(
      gcs,
      `/upload/storage/v1/b/${encodeURIComponent(place.bucket)}/o?uploadType=multipart${query}`,
      {
        method: 'POST',
        headers: { 'Content-Type': `multipart/related; boundary=${boundary}` },
        body,
        signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      },
    );
    const text = await response.text();
    return { version: String(JSON.parse(text).generation) };
  } catch (error) {
    throw gcsError(error, place.uri, 'writing', signal);
  }
}

function encodeBody({ key }: ObjectPlace, content: Uint8Array, condition: WriteCondition | null) {
  const boundary = randomBytes(16).toString('hex');
  const facts = { name: key, ...(condition === null ? {} : { metadata: { [markName]: condition.mark } }) };
  const head = `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(facts)}\r\n--${boundary}\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return { boundary, body: Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${boundary}--\r\n`)]) };
}

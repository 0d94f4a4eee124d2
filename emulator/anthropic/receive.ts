// Takes in the body of a batch creation as it arrives: each request is checked, indexed and written to the disk.
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { bodyFacts } from '../answers/body-facts.ts';
import { isObject, type Json, parseObject } from '../server/json.ts';
import { refuse } from '../server/reply.ts';
import { hashText } from '../world/hash.ts';
import { createHashSet, type HashSet } from '../world/hash-set.ts';
import { ItemIndex } from '../world/item-index.ts';
import { createSplitter } from './split-requests.ts';

// Published limits of the vendor's Message Batches API.
const requestsMax = 100_000;
const bytesMax = 256 * 1024 * 1024;
const flushBytes = 1024 * 1024;
const customIdPattern = /^[a-zA-Z0-9_-]{1,64}$/;

export type IsKnownModel = (name: string) => boolean;
interface Intake {
  index: ItemIndex;
  seen: HashSet;
  count: number;
  problem: string | null;
  isKnownModel: IsKnownModel;
}

export async function receiveRequests(
  request: IncomingMessage,
  path: string,
  isKnownModel: IsKnownModel,
): Promise<ItemIndex> {
  const intake = newIntake(isKnownModel);
  const file = await open(path, 'w');
  try {
    await takeIn(request, intake, file);
  } finally {
    await file.close();
  }
  if (intake.problem !== null) throw refuse(400, intake.problem);
  if (intake.count === 0) throw refuse(400, 'requests: List should have at least 1 item');
  intake.index.trim();
  return intake.index;
}

const newIntake = (isKnownModel: IsKnownModel): Intake => ({
  index: new ItemIndex(),
  seen: createHashSet(),
  count: 0,
  problem: null,
  isKnownModel,
});

/** The index of requests that were received earlier, from their file: they lie in it one after the other. */
export async function rereadRequests(path: string, isKnownModel: IsKnownModel): Promise<ItemIndex> {
  const intake = newIntake(isKnownModel);
  let position = 0;
  const splitter = createSplitter('requests', (element) => {
    take(intake, element, position);
    position += element.length;
  });
  splitter.push(Buffer.from('{"requests":['));
  for await (const chunk of createReadStream(path)) splitter.push(chunk);
  splitter.push(Buffer.from(']}'));
  const problem = splitter.end() ?? intake.problem;
  if (problem !== null) throw new Error(`${path} cannot be read again: ${problem}`);
  intake.index.trim();
  return intake.index;
}

async function takeIn(request: IncomingMessage, intake: Intake, file: FileHandle): Promise<void> {
  const output = createOutput(file);
  const splitter = createSplitter('requests', (element) => {
    if (intake.problem === null) take(intake, element, output.position());
    output.add(element);
  });
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > bytesMax || intake.problem !== null) continue;
    splitter.push(chunk);
    if (output.pending() >= flushBytes) await output.flush();
  }
  if (bytes > bytesMax) throw refuse(413, 'Request exceeds the maximum size');
  intake.problem ??= splitter.end();
  await output.flush();
}

function createOutput(file: FileHandle) {
  let parts: Buffer[] = [];
  let pending = 0;
  let position = 0;
  return {
    position: () => position,
    pending: () => pending,
    add(part: Buffer) {
      parts.push(part);
      pending += part.length;
      position += part.length;
    },
    async flush() {
      await file.writev(parts);
      parts = [];
      pending = 0;
    },
  };
}

function take(intake: Intake, bytes: Buffer, offset: number): void {
  const at = intake.count;
  intake.count += 1;
  const entry = parseObject(bytes.toString('utf8')) ?? {};
  intake.problem = entryProblem(intake, entry, at);
  const { custom_id: customId, params } = entry;
  if (intake.problem !== null || typeof customId !== 'string' || !isObject(params)) return;
  const idHash = hashText(customId);
  intake.seen.add(idHash);
  intake.index.add(customId, idHash, bodyFacts(params), offset, bytes.length);
  const defect = paramsDefect(params, intake.isKnownModel, true);
  if (defect !== null) intake.index.defects.set(at, defect);
}

function entryProblem({ seen }: Intake, { custom_id: customId, params }: Json, at: number): string | null {
  if (at >= requestsMax) return `requests: List should have at most ${requestsMax} items`;
  if (typeof customId !== 'string' || !customIdPattern.test(customId)) {
    return `requests.${at}.custom_id: String should match pattern '${customIdPattern.source}'`;
  }
  if (seen.has(hashText(customId))) return `requests.${at}.custom_id: Duplicate custom_id '${customId}'`;
  return isObject(params) ? null : `requests.${at}.params: Field required`;
}

/** What is wrong with one request's parameters, or null. Batches report it per item, later. */
export function paramsDefect(params: Json, isKnownModel: IsKnownModel, inBatch: boolean): string | null {
  const { model, max_tokens: maxTokens, messages, stream } = params;
  if (typeof model !== 'string') return 'model: Field required';
  if (typeof maxTokens !== 'number') return 'max_tokens: Field required';
  if (!Array.isArray(messages) || messages.length === 0) return 'messages: Field required';
  if (inBatch && maxTokens < 1) return 'max_tokens: Must be at least 1 in a batch';
  if (stream === true) {
    return inBatch ? 'stream: Streaming is not supported in batches' : 'stream: Not offered by this emulator';
  }
  return isKnownModel(model) ? null : `${unknownModelPrefix}${model}`;
}

export const unknownModelPrefix = 'model: unknown model ';

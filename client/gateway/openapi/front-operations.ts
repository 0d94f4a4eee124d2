// The requests of vendors' SDKs. Their forms are the vendors' own: docs/fronts.md says what differs.

import { z } from 'zod';
import type { Operation } from './operation.ts';

const object = z.looseObject({ id: z.string() });
const list = z.looseObject({ data: z.array(object) });
const lines = ['application/x-ndjson'] as const;

type Front = Pick<Operation, 'method' | 'path' | 'name' | 'summary'>;

const answers = (form: z.ZodType, front: Front): Operation => ({
  ...front,
  group: 'fronts',
  scope: 'batches',
  answer: { description: "In the vendor's form.", json: form },
});

const streams = (front: Front): Operation => ({
  ...front,
  group: 'fronts',
  scope: 'batches',
  answer: { description: "Lines in the vendor's form.", types: lines },
});

export const frontOperations: readonly Operation[] = [
  answers(object, { method: 'post', path: '/v1/files', name: 'uploadFile', summary: 'Takes a file of request lines' }),
  answers(list, { method: 'get', path: '/v1/files', name: 'listFiles', summary: 'Lists uploaded files' }),
  answers(object, { method: 'get', path: '/v1/files/:id', name: 'showFile', summary: 'Shows a file' }),
  streams({ method: 'get', path: '/v1/files/:id/content', name: 'readFile', summary: 'Sends the content of a file' }),
  answers(object, { method: 'delete', path: '/v1/files/:id', name: 'removeFile', summary: 'Removes a file' }),
  answers(object, { method: 'post', path: '/v1/batches', name: 'createBatch', summary: 'Runs a file as a batch' }),
  answers(list, { method: 'get', path: '/v1/batches', name: 'listBatchesOfFiles', summary: 'Lists batches' }),
  answers(object, { method: 'get', path: '/v1/batches/:id', name: 'showBatch', summary: 'Shows a batch' }),
  answers(object, {
    method: 'post',
    path: '/v1/batches/:id/cancel',
    name: 'cancelBatch',
    summary: 'Ends a batch; what was answered is delivered',
  }),
  answers(object, {
    method: 'post',
    path: '/v1/messages/batches',
    name: 'createMessageBatch',
    summary: 'Runs requests as a batch',
  }),
  answers(list, {
    method: 'get',
    path: '/v1/messages/batches',
    name: 'listMessageBatches',
    summary: 'Lists message batches',
  }),
  answers(object, {
    method: 'get',
    path: '/v1/messages/batches/:id',
    name: 'showMessageBatch',
    summary: 'Shows a message batch',
  }),
  answers(object, {
    method: 'post',
    path: '/v1/messages/batches/:id/cancel',
    name: 'cancelMessageBatch',
    summary: 'Ends a message batch; what was answered is delivered',
  }),
  answers(object, {
    method: 'delete',
    path: '/v1/messages/batches/:id',
    name: 'removeMessageBatch',
    summary: 'Removes a message batch that has ended',
  }),
  streams({
    method: 'get',
    path: '/v1/messages/batches/:id/results',
    name: 'readMessageResults',
    summary: 'Sends the results of a message batch',
  }),
];

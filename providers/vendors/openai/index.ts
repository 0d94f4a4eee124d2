// OpenAI behind the port.

import type { VendorConfig } from '../../config.ts';
import { decode } from '../../dialects/openai/answers.ts';
import {
  buildBody,
  chatEndpoint,
  encode,
  findProblems,
  openaiEndpoints,
  outputTokensMax,
  parseRequestLine,
} from '../../dialects/openai/requests.ts';
import { relabelled } from '../../dialects/request-line.ts';
import type { Provider } from '../../provider.ts';
import { plainFault } from '../../transport/fault.ts';
import { checkModel } from '../../transport/model-check.ts';
import { call } from './call.ts';
import { asked, type Connection, connect, retrieveBatch, vendor } from './client.ts';
import { download } from './download.ts';
import { find, metadataKey } from './find.ts';
import { cancel, forget } from './forget.ts';
import { openaiLimits } from './limits.ts';
import { upload } from './upload.ts';
import { toHandle, toView } from './view.ts';
import { batchWire } from './wire.ts';

const missingModel: ReadonlySet<string> = new Set(['model_not_found']);

export function openaiProvider(config: VendorConfig): Provider {
  const connection = connect(config);
  return {
    name: vendor,
    limits: openaiLimits,
    defaultEndpoint: chatEndpoint,
    endpoints: openaiEndpoints,
    buildBody,
    findProblems,
    outputTokensMax,
    encode,
    parseRequestLine,
    relabel: relabelled,
    decode,
    check: (model, { signal }) =>
      checkModel(vendor, missingModel, () => connection.sdk.models.retrieve(model, { signal })),
    upload: (file, _submission, ctx) => upload(connection, file, ctx),
    find: (submission, ctx) => find(connection, submission, ctx),
    create: (staged, _file, submission, ctx) => create(connection, staged.fileId, submission, ctx),
    poll: async (handle, ctx) => toView(await retrieveBatch(connection, handle.id, ctx)),
    download: (handle, ctx) => download(connection, handle.id, ctx),
    cancel: (handle, ctx) => cancel(connection, handle, ctx),
    forget: (handle, ctx) => forget(connection, handle, ctx),
    call: (line, ctx) => call(connection, line, ctx),
  };
}

async function create(
  { sdk }: Connection,
  fileId: string | null,
  { endpoint, key }: Parameters<Provider['create']>[2],
  { signal }: Parameters<Provider['create']>[3],
): Promise<Awaited<ReturnType<Provider['create']>>> {
  if (fileId === null) throw plainFault(vendor, 'not_found');
  const body = { input_file_id: fileId, endpoint, completion_window: '24h', metadata: { [metadataKey]: key } };
  return toHandle(await asked('create', batchWire, () => sdk.post('/batches', { body, signal })));
}

// Anthropic behind the port.

import type { VendorConfig } from '../../config.ts';
import { decode } from '../../dialects/anthropic/answers.ts';
import {
  buildBody,
  encode,
  findProblems,
  messagesEndpoint,
  outputTokensMax,
  parseRequestLine,
} from '../../dialects/anthropic/requests.ts';
import { relabelled } from '../../dialects/request-line.ts';
import type { Provider } from '../../provider.ts';
import { checkModel } from '../../transport/model-check.ts';
import { call } from './call.ts';
import { connect, retrieveBatch, vendor } from './client.ts';
import { create } from './create.ts';
import { download } from './download.ts';
import { find } from './find.ts';
import { cancel, forget } from './forget.ts';
import { anthropicLimits } from './limits.ts';
import { toView } from './view.ts';

const missingModel: ReadonlySet<string> = new Set(['not_found_error']);

export function anthropicProvider(config: VendorConfig): Provider {
  const connection = connect(config);
  return {
    name: vendor,
    limits: anthropicLimits,
    defaultEndpoint: messagesEndpoint,
    endpoints: [messagesEndpoint],
    buildBody,
    findProblems,
    outputTokensMax,
    encode,
    parseRequestLine,
    relabel: relabelled,
    decode,
    check: (model, { signal }) =>
      checkModel(vendor, missingModel, () => connection.sdk.models.retrieve(model, null, { signal })),
    // The create carries everything.
    upload: async () => ({ fileId: null }),
    find: (submission, ctx) => find(connection, submission, ctx),
    create: (_staged, file, _submission, ctx) => create(connection, file, ctx),
    poll: async (handle, ctx) => toView(await retrieveBatch(connection, handle.id, ctx)),
    download: (handle, ctx) => download(connection, handle.id, ctx),
    cancel: (handle, ctx) => cancel(connection, handle, ctx),
    forget: (handle, ctx) => forget(connection, handle, ctx),
    call: (line, ctx) => call(connection, line, ctx),
  };
}

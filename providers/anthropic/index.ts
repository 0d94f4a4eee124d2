// Anthropic behind the port.

import type { VendorConfig } from '../config.ts';
import { checkModel } from '../model-check.ts';
import type { Provider } from '../provider.ts';
import { relabelled } from '../request-line.ts';
import { call } from './call.ts';
import { connect, retrieveBatch, vendor } from './client.ts';
import { bodyOf, encode, messagesEndpoint, outputTokensMax, problemsOf, requestOf } from './codec.ts';
import { create } from './create.ts';
import { decode } from './decode.ts';
import { find } from './find.ts';
import { cancel, forget } from './forget.ts';
import { anthropicLimits } from './limits.ts';
import { output } from './output.ts';
import { viewOf } from './view.ts';

const missingModel: ReadonlySet<string> = new Set(['not_found_error']);

export function anthropicProvider(config: VendorConfig): Provider {
  const connection = connect(config);
  return {
    name: vendor,
    limits: anthropicLimits,
    defaultEndpoint: messagesEndpoint,
    endpoints: [messagesEndpoint],
    bodyOf,
    problemsOf,
    outputTokensMax,
    encode,
    requestOf,
    relabel: relabelled,
    decode,
    check: (model, { signal }) =>
      checkModel(vendor, missingModel, () => connection.sdk.models.retrieve(model, null, { signal })),
    // The create carries everything.
    stage: async () => ({ fileId: null }),
    find: (submission, ctx) => find(connection, submission, ctx),
    create: (_staged, file, _submission, ctx) => create(connection, file, ctx),
    look: async (handle, ctx) => viewOf(await retrieveBatch(connection, handle.id, ctx)),
    output: (handle, ctx) => output(connection, handle.id, ctx),
    cancel: (handle, ctx) => cancel(connection, handle, ctx),
    forget: (handle, ctx) => forget(connection, handle, ctx),
    call: (line, ctx) => call(connection, line, ctx),
  };
}

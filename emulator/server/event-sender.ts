// Sends signed events to a receiver when batches end, as OpenAI and Gemini do. Only for this, a timer looks whether a batch has ended.
import { createHmac } from 'node:crypto';
import type { Batch } from '../world/batch.ts';
import { readShownId } from '../world/batch.ts';
import { settle } from '../world/settle.ts';
import type { World } from '../world/world.ts';

const lookMs = 20;
const triesMax = 5;

export interface EventSender {
  /** Resolves when the last event was sent or given up. */
  stop(): Promise<void>;
}

/** Sends nothing while the option `webhook` is not set. With a manual clock, batches end when somebody looks. */
export function startEventSender(world: World): EventSender {
  const sending = new Set<Promise<void>>();
  const stopped = new AbortController();
  world.onEnd = (batch) => {
    const sent = sendCopies(world, batch, stopped.signal).finally(() => sending.delete(sent));
    sending.add(sent);
  };
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    if (world.options.current.webhook !== undefined && !world.clock.manual && world.active.size > 0) {
      looking = looking.then(() => settle(world)).catch(() => undefined);
    }
  }, lookMs).unref();
  return {
    stop: async () => {
      clearInterval(timer);
      stopped.abort();
      await Promise.all([looking, ...sending]);
    },
  };
}

async function sendCopies(world: World, batch: Batch, signal: AbortSignal): Promise<void> {
  const { webhook } = world.options.current;
  const message = writeMessage(batch);
  if (webhook === undefined || message === null) return;
  const id = `msg_${batch.id}`;
  for (let copy = 0; copy < webhook.copies; copy += 1) {
    await send(webhook, id, JSON.stringify(message), Math.floor(world.clock.now() / 1000), signal);
  }
}

/** Null for a vendor without events. */
function writeMessage(batch: Batch): object | null {
  const { id, vendor, final } = batch;
  if (vendor === 'openai') {
    const created = Math.floor((final?.endedAtMs ?? 0) / 1000);
    const type = `batch.${final?.phase}`;
    return { id: `evt_${id}`, object: 'event', created_at: created, type, data: { id: readShownId(batch) } };
  }
  if (vendor !== 'gemini') return null;
  const type = `batch.${final?.phase === 'completed' ? 'succeeded' : final?.phase}`;
  const timestamp = new Date(final?.endedAtMs ?? 0).toISOString();
  return { type, version: 'v1', timestamp, data: { id } };
}

/** Anything but 2xx is tried again, as the vendors do for days. */
async function send(
  { url, secret }: { readonly url: string; readonly secret: string },
  id: string,
  body: string,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`;
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signature,
  };
  for (let tries = 1; tries <= triesMax && !signal.aborted; tries += 1) {
    const answer = await fetch(url, { method: 'POST', headers, body, signal }).catch(() => null);
    await answer?.body?.cancel().catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, lookMs * 2 ** tries));
  }
}

// `/api/queues`: puts items into queues, shows a queue, and changes it.

import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { QueuePage } from '../../../domain/queue/page.ts';
import type { Queues } from '../../long-lived/queues.ts';
import { requireScope } from '../access/authenticate.ts';
import { toQueueName } from '../access/tenants.ts';
import type { GatewayEnv, GatewayParts } from '../parts.ts';
import { readBody, readBytes } from '../read-body.ts';
import { sweepHourly } from '../sweep-hourly.ts';
import { GroupFiles } from './group-files.ts';
import { Intake } from './intake.ts';
import { prepareQueue } from './prepare-queue.ts';
import { readItems } from './read-items.ts';
import { explainAdd, explainRefusal } from './refusals.ts';
import { WaitingBytes } from './waiting-bytes.ts';

const answerMs = 5000;

export function makeQueueRoutes(parts: GatewayParts): Hono<GatewayEnv> {
  const routes = new Hono<GatewayEnv>();
  addItems(routes, parts);
  routes.get('/:name', requireScope('read'), async (context) => {
    const page = parts.jobs.queues.page(readName(context), { waitMs: answerMs });
    return context.json(toOwnPage(context, await page.catch(refuse)));
  });
  addChanges(routes, parts);
  return routes;
}

const refuse = (error: unknown): never => {
  throw explainRefusal(error);
};

const readName = (context: Context<GatewayEnv>): string =>
  toQueueName(context.get('caller'), context.req.param('name') ?? '');

/** By the name that the caller uses. */
const toOwnPage = (context: Context<GatewayEnv>, page: QueuePage): QueuePage => ({
  ...page,
  name: context.req.param('name') ?? page.name,
});

function addItems(routes: Hono<GatewayEnv>, { jobs, store, config, now, draining, log }: GatewayParts): void {
  const { limits, folder } = config;
  const files = new GroupFiles(store, folder, now);
  const add: Queues['add'] = (...given) =>
    jobs.client.withDeadline(Date.now() + limits.addSeconds * 1000, () => jobs.queues.add(...given));
  const intake = new Intake({ add, files, log });
  const waiting = new WaitingBytes(limits.intakeBytes);
  sweepHourly(() => files.sweep(), { log, draining });

  routes.post('/:name/items', requireScope('add'), async (context) => {
    const name = readName(context);
    return waiting.during(async (take) => {
      const items = readItems(context, await readBytes(context, limits, take));
      const queue = items.queue && prepareQueue(items.queue, name, context.get('caller'), config);
      const added = intake.add(name, { ...items, queue }).catch((error: unknown) => {
        throw explainAdd(error);
      });
      return context.json(await added);
    });
  });
}

export const emptyForm = z.strictObject({});
export const itemForm = z.strictObject({ id: z.union([z.string(), z.number()]) });
export const flushForm = z.strictObject({ flush: z.int().min(1) });

function addChanges(routes: Hono<GatewayEnv>, { jobs: { queues }, config }: GatewayParts): void {
  const change = <Form extends z.ZodType>(
    action: string,
    form: Form,
    make: (name: string, given: z.output<Form>) => Promise<QueuePage>,
  ): void => {
    routes.post(`/:name/${action}`, requireScope('change'), async (context) => {
      const given = await readBody(context, form, config.limits);
      return context.json(toOwnPage(context, await make(readName(context), given).catch(refuse)));
    });
  };
  change('flush', emptyForm, (name) => queues.flush(name));
  change('pause', emptyForm, (name) => queues.pause(name));
  change('resume', emptyForm, (name) => queues.resume(name));
  change('drain', emptyForm, (name) => queues.drain(name));
  change('remove', itemForm, (name, { id }) => queues.remove(name, id));
  change('retry', flushForm, (name, { flush }) => queues.retry(name, flush));
}

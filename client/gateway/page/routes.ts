// `/`: the page. Its files hold nothing secret, so they need no token; the script asks for everything that it shows with the token of the person
// who looks.

import { readdirSync, readFileSync } from 'node:fs';
import nodeModule from 'node:module';
import { extname } from 'node:path';
import { type Context, Hono } from 'hono';
import { jobSchemaText } from '../../../input/published/job-schema.ts';
import type { GatewayEnv } from '../parts.ts';
import { type Answerer, sendDownload } from './download.ts';
import { mainHtml, reportHtml } from './html.ts';
import { style } from './style.ts';

const browserFolder = new URL('browser/', import.meta.url);
/** Sources run as they are, in the browser too. A build has compiled them. */
const ending = extname(import.meta.url);

const rules = (style: string, frames: string): string =>
  `default-src 'none'; script-src 'self'; style-src ${style}; connect-src 'self'; img-src data:; frame-src ${frames}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`;
const strictRules = rules("'self'", "'none'");
/** The report has its style within itself. It is shown in a frame without scripts. */
const reportRules = rules("'self' 'unsafe-inline'", "'self'");

/** The gateway itself is asked for what is downloaded. */
export function makePageRoutes(gateway: Answerer): Hono<GatewayEnv> {
  const routes = new Hono<GatewayEnv>();
  const scripts = new Map<string, string>();
  const send = (context: Context, text: string, type: string, policy = strictRules): Response =>
    context.body(text, 200, {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      // Otherwise a form would not say where it comes from, and a gateway without tokens would refuse it.
      'referrer-policy': 'same-origin',
      'cache-control': 'no-cache',
    });
  routes.get('/', (context) => send(context, mainHtml(ending), 'text/html'));
  routes.get('/report', (context) => send(context, reportHtml(ending), 'text/html', reportRules));
  routes.get('/job.schema.json', (context) => send(context, jobSchemaText(), 'application/schema+json'));
  routes.get('/page/style.css', (context) => send(context, style, 'text/css'));
  routes.post('/page/download', (context) => sendDownload(context, gateway));
  for (const name of listScripts()) {
    routes.get(`/page/${name}`, (context) => {
      const script = scripts.get(name) ?? readScript(name);
      scripts.set(name, script);
      return send(context, script, 'text/javascript');
    });
  }
  return routes;
}

const listScripts = (): readonly string[] =>
  readdirSync(browserFolder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith(ending) && !name.endsWith('.d.ts'));

function readScript(name: string): string {
  const text = readFileSync(new URL(name, browserFolder), 'utf8');
  return ending === '.ts' ? nodeModule.stripTypeScriptTypes(text) : text;
}

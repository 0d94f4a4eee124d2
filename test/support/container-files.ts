// docker-compose.yml and the Dockerfile as tests look at them: services with their environment, stages with what they do.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../scripts/tools/cache.ts';

export interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly target: string };
  readonly restart?: string;
  readonly profiles?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
  readonly security_opt?: readonly string[];
}

export interface Stage {
  readonly from: string;
  readonly runs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly healthcheck?: readonly string[];
  readonly command?: readonly string[];
}

const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');

export function readCompose(): {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
} {
  return parse(read('docker-compose.yml'));
}

/** A service's environment as compose would make it from these variables. */
export function readEnvironment(service: string, variables: Readonly<Record<string, string>>): Record<string, string> {
  const given = readCompose().services[service]?.environment ?? {};
  const resolve = (text: string): string =>
    text.replace(/\$\{(\w+)(?::[-?]([^}]*))?\}/g, (_, name: string, otherwise = '') => variables[name] || otherwise);
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, resolve(value)]));
}

/** By name, in their order. Only forms that our Dockerfile uses are understood: lists of words as JSON, one image a stage. */
export function readStages(): Readonly<Record<string, Stage>> {
  const text = read('Dockerfile')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ');
  const instructions = [...text.matchAll(/^(\w+) +(.*)$/gm)].map((match) => [match[1] ?? '', match[2] ?? ''] as const);
  const starts = instructions.flatMap(([word], index) => (word === 'FROM' ? [index] : []));
  const stages: Record<string, Stage> = {};
  starts.forEach((start, index) => {
    const [, from = '', name = ''] = /^(\S+) AS (\S+)$/.exec(instructions[start]?.[1] ?? '') ?? [];
    stages[name] = parseStage(from, instructions.slice(start + 1, starts[index + 1]));
  });
  return stages;
}

function parseStage(from: string, instructions: readonly (readonly [string, string])[]): Stage {
  const all = (word: string): string[] => instructions.flatMap(([name, rest]) => (name === word ? [rest] : []));
  const list = (text: string | undefined): string[] | undefined => {
    const json = /\[.*\]/.exec(text ?? '')?.[0];
    return json === undefined ? undefined : JSON.parse(json);
  };
  const pairs = all('ENV').flatMap((line) => [...line.matchAll(/(\w+)=(\S+)/g)].map((match) => [match[1], match[2]]));
  const [user, healthcheck, command] = [all('USER').at(-1), list(all('HEALTHCHECK').at(-1)), list(all('CMD').at(-1))];
  return {
    from,
    runs: all('RUN'),
    env: Object.fromEntries(pairs),
    ...(user && { user }),
    ...(healthcheck && { healthcheck }),
    ...(command && { command }),
  };
}

// What the container files must hold, since nobody here can run them: pinned images, no root, signals that arrive, and
// compose, Dockerfile, environment file and Prometheus that speak of the same things. The compose schema itself is
// checked by dclint, before this.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../worker/config.ts';
import { readCompose, readEnvironment, readStages, type Service } from './support/container-files.ts';

const root = dirname(import.meta.dirname);
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const compose = readCompose();
const services = Object.entries(compose.services);
const stages = readStages();

const lasting = services.filter(([, { restart }]) => restart !== 'no');
const built = services.filter(([, { build }]) => build !== undefined);
const seconds = (text: string | undefined): number => Number(/^(\d+)s$/.exec(text ?? '')?.[1]);

test('the image is built from every folder that is compiled', () => {
  const { include }: { include: string[] } = JSON.parse(read('scripts/tsconfig.build.json'));
  const compiled = include.map((pattern) => pattern.split('/')[1]);
  expect(compiled.length).toBeGreaterThan(10);
  const copied = read('.dockerignore').split('\n');
  expect(compiled.filter((folder) => !copied.includes(`!${folder}`))).toEqual([]);
});

describe('docker-compose.yml', () => {
  test('every image is pinned to a whole version', () => {
    const images = services.flatMap(([, { image }]) => (image === undefined ? [] : [image]));
    expect(images.length).toBeGreaterThan(4);
    expect(images.filter((image) => !/^[a-z/-]+:v?\d+\.\d+(\.\d+)?(-alpine\d+\.\d+)?$/.test(image))).toEqual([]);
  });

  test('Temporal and its tools are of one version', () => {
    const versions = services
      .map(([, { image = '' }]) => /^temporalio\/(server|admin-tools):(.+)$/.exec(image)?.[2])
      .filter((version) => version !== undefined);
    expect(versions).toHaveLength(4);
    expect(new Set(versions).size).toBe(1);
  });

  test.each(lasting)('%s says how it is, and comes back after a fall', (_, { healthcheck, restart }) => {
    expect(restart).toBe('unless-stopped');
    expect(healthcheck?.test[0]).toBe('CMD');
    expect(Object.keys(healthcheck ?? {}).toSorted()).toEqual([
      'interval',
      'retries',
      'start_period',
      'test',
      'timeout',
    ]);
  });

  test('what a service waits for exists, is healthy where it lasts, and has ended well where it does not', () => {
    const wrong = services.flatMap(([name, { depends_on = {} }]) =>
      Object.entries(depends_on)
        .filter(([other, { condition }]) => {
          const ends = compose.services[other]?.restart === 'no';
          return condition !== (ends ? 'service_completed_successfully' : 'service_healthy');
        })
        .map(([other]) => `${name} waits wrongly for ${other}`),
    );
    expect(wrong).toEqual([]);
    expect(
      services.flatMap(([, { depends_on = {} }]) => Object.keys(depends_on)).every((name) => name in compose.services),
    ).toBe(true);
  });

  test('every named volume is declared and used, and every mounted file exists', () => {
    const sources = services
      .flatMap(([, { volumes = [] }]) => volumes)
      .map((volume) => volume.replace(/\$\{\w+:-([^}]*)\}/, '$1').split(':'))
      .flatMap(([source = '', target]) => (target === undefined ? [] : [source]));
    const named = sources.filter((source) => !source.startsWith('.'));
    expect(new Set(named)).toEqual(new Set(Object.keys(compose.volumes)));
    expect(sources.filter((source) => source.startsWith('.') && !existsSync(join(root, source)))).toEqual([]);
  });
});

describe('the services of docker-compose.yml', () => {
  test('ports are open to this machine alone', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports.filter((port) => !/^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/.test(port))).toEqual([]);
  });

  test.each(built)('%s is our image and runs with as few rights as it can', (_, service: Service) => {
    expect(Object.keys(stages)).toContain(service.build?.target);
    expect(service).toMatchObject({ init: true, read_only: true, cap_drop: ['ALL'] });
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.volumes).toContain('/tmp');
  });

  test('the worker has time to drain, and to see a create to its end, before it is killed', () => {
    const { drainMs, timing } = readConfig({});
    const graceMs = 1000 * seconds(compose.services.worker?.stop_grace_period);
    expect(graceMs).toBeGreaterThan(drainMs + timing.createCallMs);
  });

  test('the worker can be configured by what it is given, whatever .env leaves empty', () => {
    const given = { ...stages.worker?.env, ...readEnvironment('worker', { POSTGRES_PASSWORD: 'x' }) };
    expect(readConfig(given)).toMatchObject({
      dataRoot: '/data',
      health: { host: '0.0.0.0', port: 8081 },
      metrics: { host: '0.0.0.0', port: 9464 },
      bundlePath: '/app/dist/workflow-bundle.js',
    });
  });
});

describe('.env.example', () => {
  const assigned = [...read('.env.example').matchAll(/^([A-Z_]+)=(.*)$/gm)].map((match) => [match[1], match[2]]);
  const defaults = new Map(
    [...read('docker-compose.yml').matchAll(/\$\{(\w+)(?::-([^}]*))?/g)].map(([, name, value]) => [name, value]),
  );

  test('has every variable of docker-compose.yml, and no other', () => {
    expect(new Set(assigned.map(([name]) => name))).toEqual(new Set(defaults.keys()));
  });

  test('holds no key, and otherwise the defaults of docker-compose.yml', () => {
    for (const [name = '', value] of assigned) {
      expect([name, value]).toEqual([name, /_(KEY|PASSWORD)$/.test(name) ? '' : defaults.get(name)]);
    }
  });

  test('.env and all else that is not built from stays out of git and out of the image', () => {
    expect(read('.gitignore').split('\n')).toContain('.env');
    const [first, ...more] = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(first).toBe('*');
    expect(more.every((line) => /^!\.?[\w./-]+$/.test(line) && existsSync(join(root, line.slice(1))))).toBe(true);
    expect(more).not.toContain('!.env');
  });
});

describe('Dockerfile', () => {
  test('is one', () => {
    expect(validate(read('Dockerfile'), {})).toEqual([]);
  });

  test('stands on the pinned Node, in one place', () => {
    const outside = Object.values(stages).filter(({ from }) => !(from in stages));
    expect(outside.map(({ from }) => from)).toEqual([`node:${read('.node-version').trim()}-trixie-slim`]);
  });

  test.each(built)('%s: no root, a health check, and signals that reach node', (_, { build }) => {
    const { user, healthcheck, command } = stages[build?.target ?? ''] ?? {};
    expect(user).toMatch(/^[1-9]\d*$/);
    expect(healthcheck?.[0]).toBe('node');
    expect(command?.[0]).toBe('node');
  });

  test('the health checks of Dockerfile and docker-compose.yml are the same', () => {
    for (const [, { build, healthcheck }] of built) {
      expect(healthcheck?.test).toEqual(['CMD', ...(stages[build?.target ?? '']?.healthcheck ?? [])]);
    }
  });

  test('the last stage, which is built when none is named, is the worker', () => {
    expect(Object.keys(stages).at(-1)).toBe('worker');
  });
});

test('Prometheus scrapes the ports at which the worker and Temporal give out metrics', () => {
  const { scrape_configs }: { scrape_configs: { job_name: string; [key: string]: unknown }[] } = parse(
    read('ops/prometheus.yml'),
  );
  const job = (name: string): unknown => scrape_configs.find(({ job_name }) => job_name === name);
  expect(job('nightshift-worker')).toMatchObject({ dns_sd_configs: [{ names: ['worker'], type: 'A', port: 9464 }] });
  expect(job('temporal')).toMatchObject({ static_configs: [{ targets: ['temporal:8000'] }] });
  expect(readEnvironment('temporal', {}).PROMETHEUS_ENDPOINT).toBe('0.0.0.0:8000');
});

test('ops/emulator.env points the worker at the emulator, where it listens', () => {
  const emulator = Object.fromEntries(
    [...read('ops/emulator.env').matchAll(/^([A-Z_]+)=(.+)$/gm)].map((match) => [match[1], match[2]]),
  );
  const { accounts } = readConfig(readEnvironment('worker', emulator)).providers;
  expect(accounts.openai?.default).toMatchObject({ apiKey: 'emulator', baseUrl: 'http://emulator:4010/v1' });
  expect(accounts.anthropic?.default).toMatchObject({ apiKey: 'emulator', baseUrl: 'http://emulator:4010' });
  expect(stages.emulator?.command?.slice(-4)).toEqual(['--host', '0.0.0.0', '--port', '4010']);
  expect(compose.services.emulator?.profiles).toEqual(['emulator']);
});

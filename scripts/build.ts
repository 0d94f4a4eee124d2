// `npm run build`: writes what is published to dist/: the sources as JavaScript with types, and the bundled workflows, so that a
// worker in production starts without a bundler.
import './plain-errors.ts';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from './tools/cache.ts';
import { runCommand } from './tools/command.ts';

const compileTimeoutMs = 5 * 60_000;

const dist = join(projectRoot, 'dist');
rmSync(dist, { recursive: true, force: true });
await compile('tsconfig.build.json');
// The gateway's page runs in browsers, which have other types.
await compile('tsconfig.page.json');
console.log('dist/: sources compiled');
await bundleWorkflows();

async function compile(config: string): Promise<void> {
  const tsc = join(projectRoot, 'node_modules', '.bin', 'tsc');
  const result = await runCommand(tsc, ['--project', join('scripts', config)], {
    cwd: projectRoot,
    timeoutMs: compileTimeoutMs,
  });
  if (!result.ok) throw new Error(`The sources do not compile (npm run check says more): ${result.why}`);
}

async function bundleWorkflows(): Promise<void> {
  const source = join(projectRoot, 'worker', 'bundle.ts');
  if (!existsSync(source)) {
    throw new Error(`${source} is missing: it exports buildWorkflowBundle(): Promise<{ code: string }>.`);
  }
  const { buildWorkflowBundle }: { buildWorkflowBundle(): Promise<{ code: string }> } = await import(
    pathToFileURL(source).href
  );
  const { code } = await buildWorkflowBundle();
  writeFileSync(join(dist, 'workflow-bundle.js'), code);
  console.log(`dist/workflow-bundle.js: ${(code.length / 1024 / 1024).toFixed(1)} MiB`);
}

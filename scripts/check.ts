// `npm run check`: everything that can be checked without running the program: format and lint, types, unused code, the
// container files, and the rules of test/tidy.test.ts. All steps run even if one fails, so that one run shows everything that needs fixing.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './tools/cache.ts';

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

const bin = (name: string) => join(projectRoot, 'node_modules', '.bin', name);

const steps: readonly Step[] = [
  { name: 'format and lint', command: [bin('biome'), 'check', '--error-on-warnings', '.'] },
  { name: 'types', command: [bin('tsc'), '--noEmit'] },
  { name: 'types of the page', command: [bin('tsc'), '--noEmit', '--project', 'client/gateway/page/browser'] },
  { name: 'unused code', command: [bin('knip')] },
  { name: 'compose file', command: [bin('dclint'), '--max-warnings', '0', 'docker-compose.yml'] },
  {
    name: 'tidy',
    command: [bin('vitest'), 'run', '--reporter=dot', 'test/tidy.test.ts', 'test/deployment-files.test.ts'],
  },
];

let failed = 0;
for (const step of steps) {
  const started = Date.now();
  const { ok, output } = await run(step.command);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${step.name.padEnd(18)} ${seconds} s`);
  if (ok) continue;
  failed += 1;
  console.log(output);
}
if (failed > 0) console.log(`${failed} of ${steps.length} checks failed. \`npm run format\` fixes the format.`);
process.exitCode = failed > 0 ? 1 : 0;

function run([file = '', ...args]: readonly string[]): Promise<{ ok: boolean; output: string }> {
  const child = spawn(file, args, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

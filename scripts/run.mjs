// Runs a script of this project on a suitable Node with its dependencies installed, whatever Node the machine has.
// `npm run demo` on a fresh clone must simply work, so this file is plain JavaScript for Node 16 and later and uses
// nothing but built-in modules. When all is in place it costs a few stat calls and one process.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import nodeModule from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// Saves memory that a worker would hold without using it: V8's young generation at full size, an old generation that doubles
// before it is collected, one allocator arena per thread, and large buffers that were freed: the allocator returns those above
// the threshold to the system. As in the Dockerfile.
const lean = {
  flags: ['--max-semi-space-size=2', '--heap-growing-percent=50'],
  env: { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '65536' },
};

// 22.18 is the first release that runs TypeScript sources without a flag.
const nodeMin = [22, 18];
// Below this, not even this file can do its work.
const nodeOldest = 16;
// From this release on, Node does not warn that it runs TypeScript.
const nodeQuiet = 24;
const nodePinned = '24.21.0';
const lockWaitMs = 15 * 60_000;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const nodeVersion = process.versions.node.split('.').map(Number);
const windows = process.platform === 'win32';
// The same folder as scripts/tools/cache.ts; shared by every checkout on the machine.
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nightshift');
// Programs and their threads spend most of their start compiling. Node keeps the result here for the next start.
const compiled = join(cache, 'compiled');

main();

function main() {
  const [first, ...others] = process.argv.slice(2);
  const short = first === '--short';
  const [script, ...args] = short ? others : [first, ...others];
  if (!script) fail('Which script? Usage: node scripts/run.mjs [--short] scripts/test.ts [arguments]');
  if (nodeVersion[0] < nodeOldest) fail(`Node ${process.version} is too old. ${advice()}`);
  const node = fittingNode();
  const path = [dirname(node), process.env.PATH].filter(Boolean).join(delimiter);
  const env = { ...process.env, PATH: path };
  ensureDependencies(node, env);
  // A short command does without a process of its own, which would take a third of its time.
  if (short && node === process.execPath && nodeVersion[0] >= nodeQuiet) return runHere(join(root, script), args);
  run(node, ['--disable-warning=ExperimentalWarning', join(root, script), ...args], env);
}

function fittingNode() {
  const [major, minor] = nodeVersion;
  if (major > nodeMin[0] || (major === nodeMin[0] && minor >= nodeMin[1])) return process.execPath;
  const home = join(cache, `node-${nodePinned}`);
  const node = join(home, 'bin', windows ? 'node.exe' : 'node');
  if (!existsSync(node)) withLock(`node-${nodePinned}`, () => existsSync(node) || installNode(home));
  return node;
}

/** From npm, where the official builds are published one package per platform: no other host is needed. */
function installNode(home) {
  const platform = windows ? 'win' : process.platform;
  const packageName = `node-${platform}-${process.arch}`;
  say(`Node ${process.version} is too old, fetching Node ${nodePinned} from npm once (about 50 MB) ...`);
  const temporary = mkdtempSync(join(cache, 'node-install-'));
  const args = ['install', '--prefix', temporary, '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const done = npm(process.execPath, [...args, `${packageName}@${nodePinned}`], process.env, 'ignore');
  const binaries = join(temporary, 'node_modules', packageName, 'bin');
  if (done.status !== 0 || !existsSync(binaries)) {
    rmSync(temporary, { recursive: true, force: true });
    fail(`Node ${nodePinned} could not be installed as the npm package ${packageName}. ${advice()}`);
  }
  mkdirSync(home, { recursive: true });
  renameSync(binaries, join(home, 'bin'));
  rmSync(temporary, { recursive: true, force: true });
  say(`Node ${nodePinned} is ready.`);
}

/** Installs when node_modules does not match package-lock.json; a marker inside makes the check one hash. */
function ensureDependencies(node, env) {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (installedAs() === wanted) return;
  withLock(`install-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`, () => {
    if (installedAs() === wanted) return;
    if (!matchesLockFile()) installDependencies(node, env);
    writeFileSync(marker(), `${wanted}\n`);
  });
}

/**
 * The versions of package-lock.json, which is not written to. Not `npm ci`: it refuses a lock file without the optional
 * packages of every other platform, and a registry mirror that does not carry those cannot write them into one.
 */
function installDependencies(node, env) {
  say('Installing dependencies, once (usually under a minute) ...');
  const started = Date.now();
  const done = npm(node, ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], env, 'ignore');
  if (done.status !== 0) {
    fail(`npm install failed in ${root}. Its messages are above; correct the cause and run this again.`);
  }
  say(`Dependencies are installed (${Math.round((Date.now() - started) / 1000)} s).`);
}

function marker() {
  return join(root, 'node_modules', '.nightshift-lock');
}

function installedAs() {
  return existsSync(marker()) ? readFileSync(marker(), 'utf8').trim() : '';
}

/** True if a manual `npm install` has already installed exactly these packages (npm keeps its own record). */
function matchesLockFile() {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.keys(wanted).every((path) => {
    if (path === '' || (wanted[path].optional && !installed[path])) return true;
    return installed[path] && installed[path].integrity === wanted[path].integrity;
  });
}

/** npm passes its own path to the scripts it runs. Without it (plain `node scripts/run.mjs`) the PATH decides. */
function npm(node, args, env, stdout) {
  const options = { cwd: root, env, stdio: ['ignore', stdout, 'inherit'] };
  const cli = process.env.npm_execpath;
  if (cli && /npm-cli\.c?js$/.test(cli)) return spawnSync(node, [cli, ...args], options);
  return spawnSync(windows ? 'npm.cmd' : 'npm', args, { ...options, shell: windows });
}

/** One installer at a time: the lock is a folder with its owner's process id, taken over when that process is gone. */
function withLock(name, action) {
  const lock = join(cache, 'locks', name);
  mkdirSync(dirname(lock), { recursive: true });
  const deadline = Date.now() + lockWaitMs;
  for (let said = false; !takeLock(lock); said = true) {
    if (!said) say(`Waiting for another run that is installing (${lock}) ...`);
    if (Date.now() > deadline) fail(`Waited too long for ${lock}. If nothing is installing, delete that folder.`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  }
  const release = () => rmSync(lock, { recursive: true, force: true });
  process.once('exit', release);
  action();
  process.removeListener('exit', release);
  release();
}

function takeLock(lock) {
  try {
    mkdirSync(lock);
    writeFileSync(join(lock, 'pid'), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (isStale(lock)) removeStale(lock);
    return false;
  }
}

/** Renames the lock before removing it, so that of two processes that find it stale only one removes it. */
function removeStale(lock) {
  const aside = `${lock}.stale-${process.pid}`;
  try {
    renameSync(lock, aside);
    rmSync(aside, { recursive: true, force: true });
  } catch {
    // Another process was faster.
  }
}

function isStale(lock) {
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')) || -1e9, 0);
    return false;
  } catch (error) {
    if (error.code === 'ENOENT') return ageMs(lock) > 10_000; // Its owner died between the two steps of taking it.
    return error.code !== 'EPERM';
  }
}

function ageMs(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function run(node, args, env) {
  const child = spawn(node, [...lean.flags, ...args], {
    stdio: 'inherit',
    env: { ...lean.env, NODE_COMPILE_CACHE: compiled, ...env },
  });
  child.on('error', (error) => fail(`${node} could not be started: ${error.message}`));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // On a terminal the child gets Ctrl-C itself. Passing it on would look like a second Ctrl-C.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** With the script as the program, as if Node had been started with it. */
function runHere(script, args) {
  process.argv = [process.argv[0], script, ...args];
  // Before the first TypeScript is loaded: if all of it is in the cache, Node does not even load what strips the types.
  nodeModule.enableCompileCache(compiled);
  import(pathToFileURL(script).href);
}

function advice() {
  return `Install Node ${nodeMin.join('.')} or later (a version manager, your system's packages, nodejs.org) and run this again.`;
}

function say(message) {
  process.stderr.write(`nightshift: ${message}\n`);
}

function fail(message) {
  say(message);
  process.exit(1);
}

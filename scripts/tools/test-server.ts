// Installs Temporal's time-skipping test server, which tests a workflow that waits a day in a second. If the SDK's downloader
// cannot reach its host, the same server comes from Maven and a small script starts it.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installOnce, type Progress, say } from './cache.ts';
import { runCommand, ticking, whichCommand } from './command.ts';
import { downloadThroughSdk } from './sdk-download.ts';

const serverVersion = '1.38.0';
// Only silences the logging facade's warning that no logger is configured.
const loggingVersion = '2.0.17';
const serverFolder = `temporal-test-server-${serverVersion}`;
const executableName = 'temporal-test-server';
const mavenTimeoutMs = 10 * 60_000;

/** The returned path is a program that takes the port as its only argument. */
export async function ensureTestServer(progress: Progress = say): Promise<string> {
  const folder = await installOnce(serverFolder, (temporary) => install(temporary, progress));
  return join(folder, executableName);
}

async function install(folder: string, progress: Progress): Promise<void> {
  progress('fetching the time-skipping test server, once ...');
  const downloaded = await downloadThroughSdk('test-server', folder, join(folder, executableName));
  if (downloaded.ok) return progress('the test server is downloaded.');
  progress(`the test server cannot be downloaded here (${downloaded.why}).`);
  await installFromMaven(folder, progress);
}

async function installFromMaven(folder: string, progress: Progress): Promise<void> {
  const maven = whichCommand('mvn');
  if (!maven || !whichCommand('java')) throw new Error(`Java and Maven (mvn) are not both on the PATH. ${advice}`);
  const project = join(folder, 'maven');
  mkdirSync(project);
  writeFileSync(join(project, 'pom.xml'), projectFile());
  const what = `getting the test server ${serverVersion} from Maven`;
  const expect = 'usually half a minute';
  progress(`${what}: ${expect}.`);
  const copy = ['-B', '-q', 'dependency:copy-dependencies', '-DincludeScope=runtime'];
  const result = await runCommand(maven, [...copy, `-DoutputDirectory=${join(folder, 'lib')}`], {
    cwd: project,
    timeoutMs: mavenTimeoutMs,
    onTick: ticking(progress, what, expect),
  });
  if (!result.ok) throw new Error(`Maven could not get the test server: ${result.why}\n${advice}`);
  writeFileSync(join(folder, executableName), starterScript);
  chmodSync(join(folder, executableName), 0o755);
  progress('the test server is ready.');
}

const advice =
  'The test server is needed by the tests only. Install a Java runtime (11 or later) and Maven, or run where ' +
  "Temporal's downloads can be reached, and run this again.";

// The Java options are for a quick start.
const starterScript = `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
exec "\${JAVA_HOME:+$JAVA_HOME/bin/}java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -Xmx512m \\
  -cp "$here/lib/*" io.temporal.testserver.TestServer "$@"
`;

function projectFile(): string {
  const dependency = (group: string, name: string, version: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  return [
    '<project><modelVersion>4.0.0</modelVersion>',
    '<groupId>nightshift</groupId><artifactId>test-server</artifactId><version>1</version>',
    '<dependencies>',
    dependency('io.temporal', 'temporal-test-server', serverVersion),
    dependency('org.slf4j', 'slf4j-nop', loggingVersion),
    '</dependencies></project>',
  ].join('\n');
}

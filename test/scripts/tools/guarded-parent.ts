// A process with a child that ignores signals: `child` or `command` says how it is started, and it writes its id into the given file.
import { startChild } from '../../../scripts/tools/child.ts';
import { runCommand } from '../../../scripts/tools/command.ts';

const [, , kind, file] = process.argv;
const wait = 'trap "" INT TERM; while :; do sleep 1; done';

if (kind === 'child') {
  startChild('sh', ['-c', `echo $$ > '${file}'; ${wait}`], { name: 'child' });
} else {
  // The command itself has a child.
  const command = `sh -c 'echo $$ > "$0"; ${wait}' '${file}'; true`;
  void runCommand('sh', ['-c', command], { timeoutMs: 60_000 });
}
process.stdout.write('started\n');

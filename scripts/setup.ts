// `npm run setup`: everything the other commands need, once. Node and the dependencies are in place when this runs,
// since scripts/run.mjs saw to them; the other commands call these steps themselves.
import './plain-errors.ts';
import { ensureTemporalCli } from './tools/temporal-cli.ts';
import { ensureTestServer } from './tools/test-server.ts';

console.log(`Node          ${process.version}  ${process.execPath}`);
console.log(`Temporal CLI  ${await ensureTemporalCli()}`);
console.log(`test server   ${await ensureTestServer()}`);
console.log('All set. Next: npm run demo, or npm test.');

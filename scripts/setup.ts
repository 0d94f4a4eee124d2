// `npm run setup`: installs everything that the other commands need, once. scripts/run.mjs has installed Node and the
// dependencies before this runs. The other commands call these steps themselves.
import './plain-errors.ts';
import { ensureTemporalCli } from './tools/temporal-cli.ts';
import { ensureTestServer } from './tools/test-server.ts';

console.log(`Node          ${process.version}  ${process.execPath}`);
console.log(`Temporal CLI  ${await ensureTemporalCli()}`);
console.log(`test server   ${await ensureTestServer()}`);
console.log('All set. Next: npm run demo, or npm test.');

// The doctor's finding on a job: what its worker says, and what to do.

import { expect, test } from 'vitest';
import { examineJob } from '../../../../client/cli/doctor/examine-job.ts';

const example = 'examples/tickets.json';

test('a job that its worker takes is well', async () => {
  const found = await examineJob({ dataRoot: '.', validate: async () => null }, example, 'queue');
  expect(found).toMatchObject({ what: 'job', state: 'ok' });
});

test('a store that cannot be used is reported in the words of the worker', async () => {
  const validate = async (): Promise<null> => {
    throw new Error('output: s3://none/out/ cannot be used: the bucket does not exist');
  };
  const found = await examineJob({ dataRoot: '.', validate }, example, 'queue');
  expect(found).toMatchObject({ state: 'bad', found: expect.stringContaining('the bucket does not exist') });
});

test('a job file that is not there is reported too', async () => {
  const found = await examineJob({ dataRoot: '.', validate: async () => null }, 'examples/none.json', 'queue');
  expect(found).toMatchObject({ state: 'bad', found: expect.stringContaining('cannot be read') });
});

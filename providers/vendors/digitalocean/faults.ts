// DigitalOcean's error codes: its own are not published, and those of the vendor behind it are passed on.

import type { VendorFaults } from '../../faults.ts';
import { openaiFaults } from '../openai/faults.ts';

export const digitaloceanFaults: VendorFaults = {
  ...openaiFaults,
  // Results that are not there yet.
  calls: { ...openaiFaults.calls, statuses: { ...openaiFaults.calls.statuses, 412: 'not_ready' } },
};

// OpenRouter's error codes: those of the vendors behind it are passed on.

import type { VendorFaults } from '../../faults.ts';
import { openaiFaults } from '../openai/faults.ts';

export const openrouterFaults: VendorFaults = openaiFaults;

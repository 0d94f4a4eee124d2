// Every vendor of the registry keeps the port's promises, against the emulator. One without an emulator fails here.

import { providerNames } from '../../../providers/registry.ts';
import { providerContract } from './contract.ts';
import { requireEmulated } from './emulated-vendor.ts';

for (const name of providerNames) providerContract(requireEmulated(name));

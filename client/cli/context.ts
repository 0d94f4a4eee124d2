// What commands have in common: the way to Temporal, made when the first one needs it, and what the environment says.

import type { Surroundings } from '../connection.ts';
import type { Nightshift } from '../nightshift.ts';

export interface Context extends Surroundings {
  jobs(): Promise<Nightshift>;
}

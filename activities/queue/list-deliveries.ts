// Lists what waits in a queue's folder. The folder is the truth: news of a delivery may be lost, but not its file.

import { cancellationSignal } from '@temporalio/activity';
import type { FoundInStore } from '../../domain/queue/changes.ts';
import { compareDeliveries, type Delivery, parseDelivery, sumDeliveries } from '../../domain/queue/delivery.ts';
import { knownMax } from '../../domain/queue/state.ts';
import { deliveriesFolder, parseDeliveryFile } from '../../queue-folder/paths.ts';
import type { Store } from '../../storage/store.ts';

/** The oldest ones by name, and the sums of the others. */
export async function listDeliveries(store: Store, output: string): Promise<FoundInStore> {
  const all: Delivery[] = [];
  for await (const { uri } of store.list(deliveriesFolder(output), cancellationSignal())) {
    const delivery = parseDelivery(parseDeliveryFile(uri));
    if (delivery !== null) all.push(delivery);
  }
  all.sort(compareDeliveries);
  const rest = all.slice(knownMax);
  return { waiting: all.slice(0, knownMax), beyond: { deliveries: rest.length, ...sumDeliveries(rest) } };
}

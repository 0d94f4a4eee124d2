// Cancels a batch that may have ended already.

import type { BatchView } from '../../domain/batch/state.ts';
import { hasStatus, ProviderError } from '../error.ts';

/**
 * A batch that has ended, or is being cancelled, refuses to be cancelled: that counts as done. A conflict (409) for any other batch is a refusal,
 * because repeating the call alone would not show how the batch ends.
 */
export async function cancelUnlessOver(
  cancel: () => Promise<unknown>,
  poll: () => Promise<Pick<BatchView, 'phase'>>,
): Promise<void> {
  try {
    await cancel();
  } catch (error) {
    if (!hasStatus(error, [400, 409])) throw error;
    const { phase } = await poll();
    if (phase !== 'ended' && phase !== 'cancelling') {
      throw new ProviderError(error.provider, { ...error.facts, fault: 'refused' });
    }
  }
}

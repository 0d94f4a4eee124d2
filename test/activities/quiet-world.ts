// Dependencies of activities for tests that use neither the cluster nor receivers.

import type { Cluster, WebhookSettings } from '../../activities/deps.ts';

export const quietCluster: Cluster = {
  findEnd: async () => ({ state: 'absent', message: null }),
  isOpen: async () => false,
  notify: async () => undefined,
  registeredSearchAttributes: async () => [],
};

export const noWebhooks: WebhookSettings = { secrets: [], allowedHosts: new Set(), resolve: async () => [] };

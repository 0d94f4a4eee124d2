// The report of a small job, and of one that differs from it in some figures.

import { noAnomalies } from '../../../domain/outcome/outcome.ts';
import { noUsage } from '../../../domain/outcome/usage.ts';
import type { JobReport } from '../../../domain/report/report.ts';

export function reportWith(change: Partial<JobReport> = {}): JobReport {
  const failed = Object.values(change.errorsByReason ?? {}).reduce((sum, count) => sum + count, 0);
  const folder = 'runs/tickets/';
  return {
    version: 1,
    verdict: 'complete',
    cancelled: false,
    successRate: 1,
    waves: 1,
    attempts: { 1: 10 },
    warnings: [],
    startedAt: '2026-03-02T08:15:00.000Z',
    endedAt: '2026-03-02T09:15:00.000Z',
    errorsByReason: {},
    tokens: noUsage,
    rows: { rows: 10, accepted: 10, refused: 0, duplicates: 0, carriedOver: 0, answered: 10 - failed, failed },
    cost: { usd: 1, pricesDated: '2026-01-01', byModelAndLane: [], realtimeUsd: 2, savedUsd: 1 },
    batches: { count: 1, realtime: 0, polls: 3, completionMs: null },
    quality: { answers: 10, flawed: {} },
    dearestRows: [],
    anomalies: noAnomalies,
    inDoubtBatches: [],
    files: {
      results: `${folder}results.jsonl`,
      failures: `${folder}failures.jsonl`,
      inDoubt: `${folder}in-doubt.jsonl`,
      rejects: `${folder}rejects.jsonl`,
      report: `${folder}report.json`,
      page: `${folder}report.html`,
    },
    ...change,
  };
}

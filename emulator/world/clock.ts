// The only source of time for states and timestamps, so that a test can skip a day in one call.
export interface Clock {
  now(): number;
  set(nowMs: number): void;
  manual: boolean;
}

export function createClock(kind: 'real' | 'manual', startMs: number | undefined): Clock {
  return kind === 'manual' ? manualClock(startMs ?? Date.now()) : realClock(startMs);
}

function manualClock(startMs: number): Clock {
  let nowMs = startMs;
  const set = (to: number) => {
    nowMs = to;
  };
  return { manual: true, now: () => nowMs, set };
}

function realClock(startMs: number | undefined): Clock {
  let offsetMs = startMs === undefined ? 0 : startMs - Date.now();
  const set = (to: number) => {
    offsetMs = to - Date.now();
  };
  return { manual: false, now: () => Date.now() + offsetMs, set };
}

export const seconds = (ms: number): number => Math.floor(ms / 1000);
export const isoTime = (ms: number): string => new Date(ms).toISOString();

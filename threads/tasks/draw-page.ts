// Task: draws `report.html`. Plots take half a second of one core.

import type { Drawn } from '../../report/chart.ts';
import { renderPage } from '../../report/page.ts';
import { buildCharts, type PageFacts } from '../../report/page-facts.ts';

export interface DrawPageInput {
  readonly facts: PageFacts;
  readonly withPlots: boolean;
}

export interface DrawnPage {
  readonly page: string;
  /** Whether plots were asked for and could not be drawn: the page's tables hold the same figures. */
  readonly lacksPlots: boolean;
}

export async function drawPage({ facts, withPlots }: DrawPageInput): Promise<DrawnPage> {
  const plots = withPlots ? await drawPlots(facts) : {};
  return { page: renderPage(facts, plots ?? {}), lacksPlots: plots === null };
}

/** Loads the plotting library only when the first job ends, so that it costs a worker nothing before. */
async function drawPlots(facts: PageFacts): Promise<Drawn | null> {
  try {
    const { drawn } = await import('../../report/plots.ts');
    return drawn(buildCharts(facts));
  } catch {
    return null;
  }
}

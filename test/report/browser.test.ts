// `report.html` as a person sees it, in a real browser: offline, without complaints, readable in light and dark, on a telephone and on paper.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { folderWith, makeRows, output } from '../activities/plan/planning.ts';
import { answerLine, errorLine, runWhole } from '../activities/whole-job.ts';
import { browser } from '../support/browser.ts';
import { eventfulJob } from './sample-job.ts';

const { open } = browser();

const addressOf = (root: string): string => pathToFileURL(join(root, output, 'report.html')).href;

test('the page of a small job that ran is complete in itself and shows what the report says', async () => {
  const folder = await folderWith(makeRows(40), { id: 'id', batch: { maxItems: 10, maxBytes: 1e8, concurrency: 5 } });
  const { report } = await runWhole(
    folder,
    (_, __, items) =>
      items.map(({ customId, row }) => (row % 10 === 3 ? errorLine(customId, 400) : answerLine(customId, 'yes'))),
    { plots: true },
  );
  const { page, complaints, requests } = await open(addressOf(folder.root), { offline: true });
  expect(complaints).toEqual([]);
  expect(requests).toEqual([addressOf(folder.root)]);
  expect(await page.title()).toBe('test: partial, 90 % answered');
  expect(await page.locator('.tiles .figure').first().textContent()).toBe(String(report.rows.answered));
  const headings = await page.locator('h2').allTextContents();
  expect(headings).toEqual(expect.arrayContaining(['What to do next', 'Outcomes', 'Batches in time', 'Cost', 'Files']));
  expect(await invisible(page)).toEqual([]);
});

test.each([1280, 420])('at %i pixels every plot is there, named, and nothing sticks out', async (width) => {
  const { folder } = await eventfulJob();
  const { page, complaints } = await open(addressOf(folder.root), { viewport: { width, height: 900 } });
  expect(complaints).toEqual([]);
  const plots = page.locator('svg:visible');
  expect(await plots.count()).toBe(7);
  expect(await invisible(page)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  expect(await stickingOut(page)).toEqual([]);
  expect(await overlapping(page)).toEqual([]);
});

test('light and dark differ, in the page and in its plots', async () => {
  const { folder } = await eventfulJob();
  const colors = async (colorScheme: 'light' | 'dark'): Promise<unknown[]> => {
    const { page } = await open(addressOf(folder.root), { colorScheme });
    return [
      await page.evaluate('getComputedStyle(document.body).color + getComputedStyle(document.body).backgroundColor'),
      await page.evaluate('getComputedStyle(document.querySelector(\'svg path[fill="var(--wave1)"]\')).fill'),
    ];
  };
  const [light, dark] = [await colors('light'), await colors('dark')];
  for (const [index, color] of light.entries()) expect(color).not.toBe(dark[index]);
  expect(JSON.stringify([light, dark])).not.toContain('var(');
});

test('it prints, light even where the screen is dark, on a few sheets', async () => {
  const { folder } = await eventfulJob();
  const { page, complaints } = await open(addressOf(folder.root), { colorScheme: 'dark' });
  const printed = await page.pdf({ format: 'A4', printBackground: true });
  expect(printed.subarray(0, 5).toString()).toBe('%PDF-');
  const sheets = printed.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  expect(sheets).toBeGreaterThan(2);
  expect(sheets).toBeLessThan(15);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  expect(await page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--card').trim()")).toBe(
    '#ffffff',
  );
  expect(complaints).toEqual([]);
});

/** Plots without a name or a size. */
async function invisible(page: Page): Promise<string[]> {
  const plots = await page.locator('svg:visible').all();
  const looked = plots.map(async (plot) => {
    const { width, height } = (await plot.boundingBox()) ?? { width: 0, height: 0 };
    const name = await plot.locator('> title').textContent();
    return width >= 250 && height >= 25 && name ? [] : [`${name}: ${width} x ${height}`];
  });
  return (await Promise.all(looked)).flat();
}

interface Word {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

async function wordsOf(plot: Locator): Promise<Word[]> {
  const words = (await plot.locator('text').all()).map(async (word) => {
    const { x, y, width, height } = (await word.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    return { text: (await word.textContent()) ?? '', left: x, right: x + width, top: y, bottom: y + height };
  });
  return Promise.all(words);
}

/** Words of a plot that reach out of its card. */
async function stickingOut(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const plot of await page.locator('svg:visible').all()) {
    const card = await plot.locator('xpath=ancestor::section').boundingBox();
    const [left, right] = [(card?.x ?? 0) + 4, (card?.x ?? 0) + (card?.width ?? 0) - 4];
    for (const word of await wordsOf(plot)) if (word.left < left || word.right > right) found.push(word.text);
  }
  return found;
}

/** Words of a plot that lie over each other. */
async function overlapping(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const plot of await page.locator('svg:visible').all()) {
    const words = await wordsOf(plot);
    for (const [index, a] of words.entries()) {
      for (const b of words.slice(index + 1)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 3) found.push(`${a.text} / ${b.text}`);
      }
    }
  }
  return found;
}

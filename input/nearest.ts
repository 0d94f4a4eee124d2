// Finds the known word that a person probably meant.

/** Null if no word is near: a wrong guess is worse than none. */
export function nearest(word: string, words: readonly string[]): string | null {
  const errorsMax = Math.max(1, Math.floor(word.length / 3));
  let best: string | null = null;
  let fewest = errorsMax + 1;
  for (const each of words) {
    const errors = distance(word.toLowerCase(), each.toLowerCase());
    if (errors < fewest) [best, fewest] = [each, errors];
  }
  return best;
}

/** How many letters to insert, delete, change or swap with their neighbour. Does not compare words of very different length. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(change, swap, at(last, j) + 1, at(row, j - 1) + 1));
    }
    [before, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}

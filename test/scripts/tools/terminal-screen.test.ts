// What stands on a terminal after bars, tables and colours were written to it.

import { expect, test } from 'vitest';
import { renderScreen } from '../../../scripts/tools/terminal-screen.ts';

test('a bar that is drawn again takes the place of the first one', () => {
  expect(renderScreen('a 1%\n\u001b[1Gb 1%\u001b[0K\u001b[1A\u001b[1Ga 20%\u001b[0K\n\u001b[1Gb 5%\u001b[0K\n')).toBe(
    'a 20%\nb 5%',
  );
});

test('a longer line that is written over is cleared to its end', () => {
  expect(renderScreen('long line\r\u001b[1mnew\u001b[0m\u001b[K\n')).toBe('new');
  expect(renderScreen('long line\rnew')).toBe('newg line');
});

test('clearing what is below the cursor leaves no earlier line', () => {
  expect(renderScreen('a\nb\nc\u001b[2A\rd\u001b[J')).toBe('d');
});

// Shows what a program wrote to a terminal as the text that stands on the screen in the end. Knows what progress bars and tables need:
// lines, the cursor's moves up, down and to a column, and clearing. Colours are left out.

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are controlled by such characters.
const token = /\u001b\[([?\d;]*)([A-Za-z])|\r|\n|[^\u001b\r\n]+|\u001b/g;

export function renderScreen(written: string): string {
  const lines: string[] = [''];
  let [row, column] = [0, 0];
  const go = (to: number): void => {
    row = Math.max(0, to);
    while (lines.length <= row) lines.push('');
  };
  for (const [text, argument = '', command] of written.matchAll(token)) {
    const count = Number(argument) || 1;
    if (text === '\r') column = 0;
    else if (text === '\n') go(row + 1);
    else if (command === 'A') go(row - count);
    else if (command === 'B') go(row + count);
    else if (command === 'G') column = count - 1;
    else if (command === 'K') lines[row] = (lines[row] ?? '').slice(0, column);
    else if (command === 'J') lines.splice(row + 1);
    else if (command === undefined && text !== '\u001b') {
      const line = (lines[row] ?? '').padEnd(column);
      lines[row] = line.slice(0, column) + text + line.slice(column + text.length);
      column += text.length;
    }
  }
  return lines.join('\n').trimEnd();
}

// Makes the control characters of a text visible. Rows, answers, ids and messages of providers may contain characters that a terminal obeys:
// they could clear the screen, hide text or change what the next line seems to say.

/** C0 and C1 controls, DEL, the ends of lines and paragraphs, and what changes the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is searched for.
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const shortNames: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Escapes them as JSON does. An end of a line is one of them. */
export const showControls = (text: string): string =>
  text.replace(controls, (char) => shortNames[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** For a message of several lines. */
export const showControlsInLines = (text: string): string => text.split('\n').map(showControls).join('\n');

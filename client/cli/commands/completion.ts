// `nightshift completion <shell>`: a script that completes our commands. It is generated from the commands themselves: for
// each place in the command line, the words that can follow.

import type { Command, Option } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A place in the command line: after the words of `path`, these words and options can follow. */
interface Place {
  readonly path: string;
  readonly words: readonly Word[];
  readonly options: readonly OptionWord[];
}

interface Word {
  readonly word: string;
  readonly about: string;
}

interface OptionWord extends Word {
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export function addCompletion(program: Command): void {
  const shell = program.createArgument('<shell>').choices(shells);
  program
    .command('completion')
    .summary('a script that completes these commands')
    .description('Prints a script that completes these commands: source <(nightshift completion bash), in ~/.bashrc.')
    .addArgument(shell)
    .action((name: Shell) => {
      process.stdout.write(completionScript(program, name));
    });
}

export function completionScript(program: Command, shell: Shell): string {
  const places = listPlaces(program, '');
  if (shell === 'fish') return fish(places);
  return shell === 'bash' ? bash(places) : zsh(places);
}

function listPlaces(command: Command, path: string): Place[] {
  const { commands, options, registeredArguments } = command;
  const choices = registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const words = commands.map((each) => ({ word: each.name(), about: each.summary() || each.description() }));
  return [
    {
      path,
      words: [...words, ...choices.map((word) => ({ word, about: '' }))],
      options: [...options.flatMap(optionWords), { word: '--help', about: 'help', takesValue: false, choices: [] }],
    },
    ...commands.flatMap((each) => listPlaces(each, `${path} ${each.name()}`.trim())),
  ];
}

function optionWords({ long, description, required, optional, argChoices }: Option): OptionWord[] {
  if (!long) return [];
  return [{ word: long, about: description, takesValue: required || optional, choices: argChoices ?? [] }];
}

const cases = (places: readonly Place[]): string =>
  places
    .map(({ path, words, options }) => {
      const all = [...words, ...options].map(({ word }) => word).join(' ');
      return `    '${path}') words='${all}' ;;`;
    })
    .join('\n');

const valueCases = (places: readonly Place[]): string =>
  places
    .flatMap(({ path, options }) =>
      options
        .filter(({ takesValue }) => takesValue)
        .map(({ word, choices }) => `    '${path} ${word}') words='${choices.join(' ')}'; value=1 ;;`),
    )
    .join('\n');

/** The paths of all commands, to tell which words are commands: an option and its value are not. */
const commandPaths = (places: readonly Place[]): string =>
  places
    .filter(({ path }) => path !== '')
    .map(({ path }) => `'${path}'`)
    .join('|');

/** The places where one of the known words must follow, not a file. */
const withWords = (places: readonly Place[]): readonly string[] =>
  places.filter(({ words }) => words.length > 0).map(({ path }) => `'${path}'`);

function bash(places: readonly Place[]): string {
  return `# nightshift completion for bash: source <(nightshift completion bash)
_nightshift() {
  local path='' words='' value='' word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${path:+$path }\${COMP_WORDS[i]}"
    case "$word" in ${commandPaths(places)}) path="$word" ;; esac
  done
  case "$path \${COMP_WORDS[COMP_CWORD - 1]}" in
${valueCases(places)}
  esac
  if [ -z "$value" ]; then
    case "$path" in
${cases(places)}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _nightshift nightshift
`;
}

function zsh(places: readonly Place[]): string {
  return `#compdef nightshift
# nightshift completion for zsh: source <(nightshift completion zsh)
_nightshift() {
  local place='' words_here='' value='' word i
  for ((i = 2; i < CURRENT; i++)); do
    word="\${place:+$place }\${words[i]}"
    case "$word" in (${commandPaths(places)}) place="$word" ;; esac
  done
  local words_before="\${words[CURRENT - 1]}"
  case "$place $words_before" in
${valueCases(places).replaceAll("') words=", "') words_here=").replaceAll("    '", "    ('")}
  esac
  if [[ -z "$value" ]]; then
    case "$place" in
${cases(places).replaceAll("') words=", "') words_here=").replaceAll("    '", "    ('")}
    esac
  fi
  compadd -- \${=words_here}
  case "$place" in
    (${withWords(places).join('|')}) ;;
    (*) _files ;;
  esac
}
if [[ "\${funcstack[1]}" == _nightshift ]]; then _nightshift "$@"; else compdef _nightshift nightshift; fi
`;
}

/** Fish shows a description beside each word. */
function fish(places: readonly Place[]): string {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").split('\n')[0]}'`;
  const at = (path: string): string => `-n ${quoted(`__nightshift_at ${quoted(path).replaceAll("'", '"')}`)}`;
  const lines = places.flatMap(({ path, words, options }) => [
    ...words.map(({ word, about }) => `complete -c nightshift ${at(path)} -f -a ${word} -d ${quoted(about)}`),
    ...options.map(({ word, about, takesValue, choices }) => {
      const value = takesValue ? (choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : ' -r') : '';
      return `complete -c nightshift ${at(path)} -l ${word.slice(2)} -d ${quoted(about)}${value}`;
    }),
  ]);
  const paths = places.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  return `# nightshift completion for fish: nightshift completion fish | source
function __nightshift_at
    set -l path ''
    for word in (commandline -opc)[2..-1]
        set -l next (string trim "$path $word")
        contains -- "$next" ${paths.join(' ')}; and set path $next
    end
    test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}

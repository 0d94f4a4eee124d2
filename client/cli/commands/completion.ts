// `nightshift completion <shell>`: a script that completes our commands. It is generated from the commands themselves: for
// each place in the command line, the words that can follow. Ids are asked for when they are needed.

import type { Command, Option } from 'commander';
import { printForShell } from '../print.ts';
import { hiddenCommand, type IdKind, idKinds } from './complete.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A place in the command line: after the words of `path`, these words and options can follow. */
interface Place {
  readonly path: string;
  readonly words: readonly Word[];
  readonly options: readonly OptionWord[];
  /** The ids that can follow. */
  readonly ids: IdKind | null;
}

interface Word {
  readonly word: string;
  readonly about: string;
}

/** By the name of the argument. */
const idKindByArgument: Readonly<Record<string, IdKind>> = { id: 'jobs', 'schedule-id': 'schedules' };

interface OptionWord extends Word {
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export function addCompletion(program: Command): void {
  const shell = program.createArgument('<shell>').choices(shells);
  program
    .command('completion')
    .summary('a script that completes these commands')
    .description(
      'Prints a script that completes these commands and the ids of jobs and schedules. For bash, put ' +
        '`source <(nightshift completion bash)` into ~/.bashrc.',
    )
    .addArgument(shell)
    .action((name: Shell) => {
      printForShell(completionScript(program, name));
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
  const shown = commands.filter((each) => each.name() !== hiddenCommand);
  const words = shown.map((each) => ({ word: each.name(), about: each.summary() || each.description() }));
  return [
    {
      path,
      words: [...words, ...choices.map((word) => ({ word, about: '' }))],
      ids: findIdKind(command),
      options: [...options.flatMap(optionWords), ...(path === '' ? [] : globalOptions), helpOption],
    },
    ...shown.flatMap((each) => listPlaces(each, `${path} ${each.name()}`.trim())),
  ];
}

/** The first argument of a command. A command that creates something needs a new id. */
function findIdKind(command: Command): IdKind | null {
  const name = command.registeredArguments[0]?.name() ?? '';
  return command.name() === 'create' ? null : (idKindByArgument[name] ?? null);
}

const helpOption: OptionWord = { word: '--help', about: 'help', takesValue: false, choices: [] };

function optionWords({ long, description, required, optional, argChoices }: Option): OptionWord[] {
  if (!long) return [];
  return [{ word: long, about: description, takesValue: required || optional, choices: argChoices ?? [] }];
}

/** They may stand anywhere. */
const globalOptions: readonly OptionWord[] = [
  { word: '--json', about: 'print JSON lines', takesValue: false, choices: [] },
  { word: '--table', about: 'print tables', takesValue: false, choices: [] },
];

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

/** The places where an id can follow, as the patterns of a shell's `case`. */
const idCases = (places: readonly Place[], open: string): string =>
  idKinds
    .map((kind) => {
      const paths = places.filter(({ ids }) => ids === kind).map(({ path }) => `'${path}'`);
      return `    ${open}${paths.join('|')}) ids=${kind} ;;`;
    })
    .join('\n');

/** The places where one of the known words must follow, not a file. */
const withWords = (places: readonly Place[]): readonly string[] =>
  places.filter(({ words, ids }) => words.length > 0 || ids !== null).map(({ path }) => `'${path}'`);

function bash(places: readonly Place[]): string {
  return `# nightshift completion for bash: source <(nightshift completion bash)
_nightshift() {
  local path='' words='' value='' ids='' word i
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
    case "$path" in
${idCases(places, '')}
    esac
  fi
  local current="\${COMP_WORDS[COMP_CWORD]}" each quoted
  COMPREPLY=()
  for each in $words; do
    if [[ "$each" == "$current"* ]]; then COMPREPLY+=("$each"); fi
  done
  if [[ -n "$ids" && "$current" != -* ]]; then
    # An id may hold anything that a shell would obey, so each is quoted. \`compgen -W\` would expand it.
    while IFS= read -r each; do
      printf -v quoted '%q' "$each"
      if [[ "$each" == "$current"* || "$quoted" == "$current"* ]]; then COMPREPLY+=("$quoted"); fi
    done < <("\${COMP_WORDS[0]}" complete "$ids" 2>/dev/null)
  fi
}
# The id of a scheduled job contains colons, which must not begin another word.
COMP_WORDBREAKS="\${COMP_WORDBREAKS//:/}"
complete -o default -F _nightshift nightshift
`;
}

function zsh(places: readonly Place[]): string {
  return `#compdef nightshift
# nightshift completion for zsh: source <(nightshift completion zsh)
_nightshift() {
  local place='' words_here='' value='' ids='' word i
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
    case "$place" in
${idCases(places, '(')}
    esac
  fi
  compadd -- \${=words_here}
  if [[ -n "$ids" ]]; then
    local -a listed
    listed=("\${(@f)$("\${words[1]}" complete "$ids" 2>/dev/null)}")
    compadd -- "\${(@)listed:#}"
  fi
  case "$place" in
    (${withWords(places).join('|')}) ;;
    (*) _files ;;
  esac
}
if [[ "\${funcstack[1]}" == _nightshift ]]; then _nightshift "$@"; else compdef _nightshift nightshift; fi
`;
}

/** Fish shows a description next to each word. */
function fish(places: readonly Place[]): string {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").split('\n')[0]}'`;
  const at = (path: string): string => `-n ${quoted(`__nightshift_at ${quoted(path).replaceAll("'", '"')}`)}`;
  const lines = places.flatMap(({ path, words, options, ids }) => [
    ...(ids === null ? [] : [`complete -c nightshift ${at(path)} -f -a '(__nightshift_ids ${ids})'`]),
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
function __nightshift_ids
    set -l words (commandline -opc)
    $words[1] complete $argv[1] 2>/dev/null
end
${lines.join('\n')}
`;
}

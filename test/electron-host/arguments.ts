/** The parts of `electron [-r module] [--switches] <app folder> [arguments]`, as Electron parses them. */
export interface CommandLine {
  readonly appFolder: string | undefined
  readonly preloadModules: readonly string[]
  readonly switches: ReadonlyMap<string, string>
}

/** Switches for Node's inspector and for the debugging port, which the host sets itself. */
const forNode = new Set(['inspect', 'inspect-brk', 'remote-debugging-port'])

export function readCommandLine(words: readonly string[]): CommandLine {
  let appFolder: string | undefined
  const preloadModules: string[] = []
  const switches = new Map<string, string>()
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    const found = /^--?([^=]+)=?(.*)$/.exec(word)
    if (appFolder === undefined && (word === '-r' || word === '--require'))
      preloadModules.push(words[++at] ?? '')
    else if (appFolder === undefined && !word.startsWith('-')) appFolder = word
    else if (found?.[1] && (appFolder === undefined || word.startsWith('--')))
      switches.set(found[1], found[2] ?? '')
  }
  for (const name of forNode) switches.delete(name)
  return { appFolder, preloadModules, switches }
}

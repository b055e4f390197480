/**
 * Characters that control a terminal, break a line or reorder text, so that it reads differently from what it
 * is (trojansource.codes). Marks that only give neutral characters a direction are common in Arabic and
 * Hebrew names and are kept.
 */
const deceptive = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu

/** Text from a file, a server or a name on one line, with a � in place of each deceptive character. */
export const visibleText = (text: string): string => text.toWellFormed().replace(deceptive, '\ufffd')

/** Longer than names that people give; a longer one would push the question out of a native dialog. */
const maxNameLength = 80

/** The name of a person, a team or a model: visible, trimmed and at most `maxLength` characters long. */
export function visibleName(text: string, maxLength = maxNameLength): string {
  const characters = [...visibleText(text.trim())]
  return characters.length <= maxLength
    ? characters.join('')
    : `${characters.slice(0, maxLength - 1).join('')}…`
}

/** Longer paths would push the question out of a native dialog. */
const maxPathLength = 100

/** A path, shortened in the middle: its start and its end say most about it. */
export function visiblePath(path: string): string {
  const characters = [...visibleText(path)]
  if (characters.length <= maxPathLength) return characters.join('')
  const half = maxPathLength / 2
  return `${characters.slice(0, half - 1).join('')}…${characters.slice(-half).join('')}`
}

/**
 * Characters that control a terminal, break a line, reorder text (trojansource.codes) or are invisible, such as
 * soft hyphens, tags and a blank Braille pattern, so that a text reads differently from what it is; also marks that
 * are stacked higher than in any script, over the lines around them. Kept are marks that only give neutral
 * characters a direction, which are common in Arabic and Hebrew names, the variations of emoji, and joiners
 * outside of ASCII text, where other scripts and emoji have them.
 */
const deceptive =
  /[[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2800\ufff9-\ufffb]--[\u200c-\u200f\u061c\ufe00-\ufe0f]]|(?<=^|[\0-\x7f])[\u200c\u200d]|(?<=[\p{Mn}\p{Me}]{6})[\p{Mn}\p{Me}]/gv
/** A name is quoted in messages; one of these, or what looks like it, would end the quotation. */
const quotationMarks = /[[\p{Quotation_Mark}″‴ʺˮ˝〃❝❞\u{1f676}-\u{1f678}]--['‘’‚‛‹›]]/gv

/** Text from a file, a server or a name on one line, with a � in place of each deceptive character. */
export const visibleText = (text: string): string => text.toWellFormed().replace(deceptive, '\ufffd')

/** Longer than names that people give; a longer one would push the question out of a native dialog. */
const maxNameLength = 80

/**
 * The name of a person, a team or a model: visible, trimmed, at most `maxLength` characters long, and without
 * double quotation marks.
 */
export function visibleName(text: string, maxLength = maxNameLength): string {
  const characters = [...visibleText(text.trim()).replace(quotationMarks, "'")]
  return characters.length <= maxLength
    ? characters.join('')
    : `${characters.slice(0, maxLength - 1).join('')}…`
}

/** Longer paths would push the question out of a native dialog. */
const maxPathLength = 100

/** A path without double quotation marks, shortened in the middle: its start and its end say most about it. */
export function visiblePath(path: string): string {
  const characters = [...visibleText(path).replace(quotationMarks, "'")]
  if (characters.length <= maxPathLength) return characters.join('')
  const half = maxPathLength / 2
  return `${characters.slice(0, half - 1).join('')}…${characters.slice(-half).join('')}`
}

// How text lies on a terminal, where a Chinese character takes two places and an accent none.

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Scripts and blocks whose characters are two places wide (Unicode Standard Annex 11, East Asian Width W and F). */
const wide =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\ufe0f/u
/** Katakana and Hangul of the half-width block, whose voicing marks take a place of their own. */
const narrow = /^[\uff61-\uffdc]+$/u
const noWidth = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u

function graphemeWidth(grapheme: string): number {
  if (noWidth.test(grapheme)) return 0
  if (narrow.test(grapheme)) return grapheme.length
  return wide.test(grapheme) ? 2 : 1
}

const partsOf = (text: string) => Array.from(graphemes.segment(text), ({ segment }) => segment)

/** Places that `text` takes on a terminal. */
export function textWidth(text: string): number {
  return partsOf(text).reduce((sum, part) => sum + graphemeWidth(part), 0)
}

/** Shortens `text` to `width` places by leaving out its middle, so that the ending of a file name stays. */
export function fitText(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  if (width < 1) return ''
  const parts = partsOf(text)
  const take = (from: readonly string[], most: number): string[] => {
    const taken: string[] = []
    let used = 0
    for (const part of from) {
      used += graphemeWidth(part)
      if (used > most) break
      taken.push(part)
    }
    return taken
  }
  const tail = take([...parts].reverse(), Math.floor((width - 1) / 2)).reverse()
  const head = take(parts, width - 1 - textWidth(tail.join('')))
  return `${head.join('')}…${tail.join('')}`
}

/**
 * A name or a server's words as one line of harmless text: a control character in them would steer the terminal, and a
 * mark of writing direction would turn the rest of the line around.
 */
export function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}

// The width of text on a terminal, where a Chinese character takes two columns and a combining accent none.

/** Created on first use, because it takes milliseconds and few commands write to a terminal. */
let graphemes: Intl.Segmenter | undefined

/**
 * Scripts and blocks whose characters are two columns wide (Unicode Standard Annex 11, East Asian Width W and
 * F).
 */
const wide =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\ufe0f/u
/** Half-width Katakana and Hangul, whose voicing marks take a column of their own. */
const narrow = /^[\uff61-\uffdc]+$/u
const zeroWidth = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u

function graphemeWidth(grapheme: string): number {
  if (zeroWidth.test(grapheme)) return 0
  if (narrow.test(grapheme)) return grapheme.length
  return wide.test(grapheme) ? 2 : 1
}

function partsOf(text: string): string[] {
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return Array.from(graphemes.segment(text), ({ segment }) => segment)
}

/** Columns that `text` takes on a terminal. */
export function textWidth(text: string): number {
  return partsOf(text).reduce((sum, part) => sum + graphemeWidth(part), 0)
}

/** Rows that `text` takes on a terminal of this width. A wide character is not split between two rows. */
export function wrappedRows(text: string, columns: number): number {
  let rows = 1
  let used = 0
  for (const part of partsOf(text)) {
    const width = graphemeWidth(part)
    if (used + width > columns && used > 0) {
      rows += 1
      used = 0
    }
    used += width
  }
  return rows
}

/** Shortens `text` to `width` columns by leaving out its middle, so that a file name keeps its extension. */
export function fitText(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  if (width < 1) return ''
  const parts = partsOf(text)
  const take = (from: readonly string[], maxWidth: number): string[] => {
    const taken: string[] = []
    let used = 0
    for (const part of from) {
      used += graphemeWidth(part)
      if (used > maxWidth) break
      taken.push(part)
    }
    return taken
  }
  const tail = take([...parts].reverse(), Math.floor((width - 1) / 2)).reverse()
  const head = take(parts, width - 1 - textWidth(tail.join('')))
  return `${head.join('')}…${tail.join('')}`
}

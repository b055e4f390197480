import { cut } from './cut-text.ts'

const mostWords = 12
/** A tag list beyond this is no list any more. */
const longestList = 20_000_000

/** Words that call the model up: as its maker wrote them, as a sidecar has them, else the tags it was trained with most. */
export function triggerWordsOf(
  metadata: ReadonlyMap<string, string>,
  fromSidecar: readonly string[],
): readonly string[] {
  const phrase = metadata.get('modelspec.trigger_phrase')?.trim()
  if (phrase)
    return phrase
      .split(/\s*,\s*/)
      .filter(Boolean)
      .map((word) => cut(word))
      .slice(0, mostWords)
  if (fromSidecar.length > 0) return fromSidecar.slice(0, mostWords)
  const list = metadata.get('ss_tag_frequency')
  return list === undefined || list.length > longestList ? [] : mostUsed(list)
}

/** kohya counts tags by folder: `{"10_cat": {"cat": 20, "sitting": 3}}`. */
function mostUsed(list: string): string[] {
  let folders: unknown
  try {
    folders = JSON.parse(list)
  } catch {
    return []
  }
  const counts = new Map<string, number>()
  for (const tags of valuesOf(folders)) {
    if (typeof tags !== 'object' || tags === null) continue
    for (const [tag, count] of Object.entries(tags)) {
      if (typeof count === 'number') counts.set(tag.trim(), (counts.get(tag.trim()) ?? 0) + count)
    }
  }
  return [...counts]
    .sort((one, other) => other[1] - one[1])
    .slice(0, mostWords)
    .map(([tag]) => cut(tag))
    .filter(Boolean)
}

function valuesOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}

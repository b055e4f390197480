const longestName = 400
const longestUrl = 2_000

/** A prompt names an embedding as `embedding:name`, with or without its extension. */
export function embeddingsIn(text: string): string[] {
  const found = text.slice(0, 100_000).matchAll(/(?<![\w])embedding:([\w./\\-]{1,200})/g)
  return [...found]
    .map(([, name = '']) => name.replaceAll('\\', '/').replace(/[.,]+$/, ''))
    .filter((name) => name !== '')
}

/** A name as a library path goes on with it, or null for what is a sentence, an address or a path of somebody's disk. */
export function tidyName(text: string): string | null {
  if (text === '' || text.length > longestName || /[\p{Cc}]/u.test(text) || /^[a-z][\w+.-]*:\/\//i.test(text))
    return null
  const parts = text.trim().replaceAll('\\', '/').split('/')
  const isFromRoot = parts[0] === '' || /^[a-z]:$/i.test(parts[0] ?? '')
  const name = isFromRoot
    ? (parts.at(-1) ?? '')
    : parts.filter((part) => part !== '.' && part !== '').join('/')
  return name === '' || name.split('/').includes('..') ? null : name
}

/** The folder that stands first. */
export function tidyType(directory: string): string {
  return (directory.replaceAll('\\', '/').split('/')[0] ?? '').slice(0, 50)
}

/** An address of the web, or null for anything else. */
export function webAddress(text: string): string | null {
  if (text.length > longestUrl) return null
  const url = URL.parse(text)
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null
}

/**
 * The next library path that is free: a number is put before the extension, `-2` first. An existing number is
 * increased, so that the third copy is `-3` and not `-2-2`.
 */
export function freePath(path: string, isTaken: (path: string) => boolean): string {
  const slash = path.lastIndexOf('/')
  const dot = path.lastIndexOf('.')
  const end = dot > slash + 1 ? dot : path.length
  const extension = path.slice(end)
  const numbered = /^(.*)-([2-9]|[1-9]\d{1,3})$/.exec(path.slice(0, end))
  const stem = numbered?.[1] ?? path.slice(0, end)
  for (let number = numbered ? Number(numbered[2]) + 1 : 2; ; number += 1) {
    const candidate = `${stem}-${number}${extension}`
    if (!isTaken(candidate)) return candidate
  }
}

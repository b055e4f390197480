/**
 * The library path nearest to `path` that nothing else has: a number is put before the file's extension, `-2` first. A number
 * that stands there already is counted on, so that a third copy is `-3` and not `-2-2`.
 */
export function freePath(path: string, isTaken: (path: string) => boolean): string {
  const slash = path.lastIndexOf('/')
  const dot = path.lastIndexOf('.')
  const end = dot > slash + 1 ? dot : path.length
  const extension = path.slice(end)
  const counted = /^(.*)-([2-9]|[1-9]\d{1,3})$/.exec(path.slice(0, end))
  const stem = counted?.[1] ?? path.slice(0, end)
  for (let count = counted ? Number(counted[2]) + 1 : 2; ; count += 1) {
    const candidate = `${stem}-${count}${extension}`
    if (!isTaken(candidate)) return candidate
  }
}

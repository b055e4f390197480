/** Lifetime of a presigned URL from its signing, from `X-Amz-Expires`; null when absent. */
export function urlLifetimeMs(url: string): number | null {
  const seconds = new URL(url).searchParams.get('X-Amz-Expires')
  return seconds === null || !/^\d+$/.test(seconds) ? null : Number(seconds) * 1000
}

/**
 * When a presigned URL expires, in ms since the epoch, from `X-Amz-Date` and `X-Amz-Expires` (AWS Signature
 * Version 4, query parameters); null when absent.
 */
export function urlExpiryMs(url: string): number | null {
  const query = new URL(url).searchParams
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get('X-Amz-Date') ?? '')
  const seconds = Number(query.get('X-Amz-Expires') ?? NaN)
  if (!date || !Number.isFinite(seconds)) return null
  const [year, month, day, hour, minute, second] = date.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return Date.UTC(year, month - 1, day, hour, minute, second) + seconds * 1000
}

import { failure, type Failure } from '../contract/failures.ts'

/** S3's walls (docs.aws.amazon.com, "Amazon S3 multipart upload limits"). */
const largestPutBytes = 5 * 1024 ** 3
const largestObjectBytes = 5 * 1024 ** 4

export type Plan =
  | { readonly kind: 'whole' }
  | { readonly kind: 'parts' }
  | { readonly kind: 'refused'; readonly failure: Failure }

/**
 * How a file goes: one PUT, or parts, or not at all and why. `singlePutLimitBytes` is the deployment's own cap, which no
 * call reports. A device key cannot send parts (openapi.yaml, initiateMultipart).
 */
export function planUpload(options: {
  readonly sizeBytes: number
  readonly singlePutLimitBytes: number
  readonly credential: 'session' | 'device'
}): Plan {
  const { sizeBytes, credential } = options
  const limitBytes = Math.min(options.singlePutLimitBytes, largestPutBytes)
  if (sizeBytes <= limitBytes) return { kind: 'whole' }
  if (sizeBytes > largestObjectBytes) {
    return refused(failure('too-large-for-storage', { sizeBytes, limitBytes: largestObjectBytes }))
  }
  if (credential === 'device') return refused(failure('too-large-for-device', { sizeBytes, limitBytes }))
  return { kind: 'parts' }
}

/** Part size and number that S3 takes; the last part may be smaller. */
const smallestPartBytes = 5 * 1024 ** 2
const largestPartBytes = largestPutBytes
const mostParts = 10_000

/**
 * Whether the server's cut fits the file and storage's walls, before a byte is read: the failure, or null.
 */
export function partsFailure(
  sizeBytes: number,
  { partSizeBytes, partCount }: { readonly partSizeBytes: number; readonly partCount: number },
): Failure | null {
  const count = Math.ceil(sizeBytes / partSizeBytes)
  const fits = count === partCount && count <= mostParts && partSizeBytes <= largestPartBytes
  const tooSmall = count > 1 && partSizeBytes < smallestPartBytes
  if (fits && !tooSmall) return null
  return failure('parts-do-not-fit', { partSizeBytes, partCount, sizeBytes })
}

const refused = (reason: Failure): Plan => ({ kind: 'refused', failure: reason })

import { failure, type Failure } from '../contract/failures.ts'
import { maxParts } from '../contract/upload-details.ts'

/** S3's limits (docs.aws.amazon.com, "Amazon S3 multipart upload limits"). */
const maxPutBytes = 5 * 1024 ** 3
const maxObjectBytes = 5 * 1024 ** 4

export type Plan =
  | { readonly kind: 'whole' }
  | { readonly kind: 'parts' }
  | { readonly kind: 'refused'; readonly failure: Failure }

/**
 * Whether a file is sent as one PUT or in parts, or why it can't be sent. `singlePutLimitBytes` is the
 * deployment's own limit, which no call reports. A device key cannot send parts
 * (docs.cyberun.cloud/api-reference/upload/initiate-a-multipart-upload).
 */
export function planUpload(options: {
  readonly sizeBytes: number
  readonly singlePutLimitBytes: number
  readonly credential: 'session' | 'device'
}): Plan {
  const { sizeBytes, credential } = options
  const limitBytes = Math.min(options.singlePutLimitBytes, maxPutBytes)
  if (sizeBytes <= limitBytes) return { kind: 'whole' }
  if (sizeBytes > maxObjectBytes) {
    return refused(failure('too-large-for-storage', { sizeBytes, limitBytes: maxObjectBytes }))
  }
  if (credential === 'device') return refused(failure('too-large-for-device', { sizeBytes, limitBytes }))
  return { kind: 'parts' }
}

/** Part sizes that S3 accepts; the last part may be smaller. */
const minPartBytes = 5 * 1024 ** 2
const maxPartBytes = maxPutBytes

/**
 * Checks, before a byte is read, that the server's parts fit the file and storage's limits. Returns the
 * failure, or null.
 */
export function partsFailure(
  sizeBytes: number,
  { partSizeBytes, partCount }: { readonly partSizeBytes: number; readonly partCount: number },
): Failure | null {
  const count = Math.ceil(sizeBytes / partSizeBytes)
  const isValid = count === partCount && count <= maxParts && partSizeBytes <= maxPartBytes
  const isTooSmall = count > 1 && partSizeBytes < minPartBytes
  if (isValid && !isTooSmall) return null
  return failure('parts-do-not-fit', { partSizeBytes, partCount, sizeBytes })
}

const refused = (reason: Failure): Plan => ({ kind: 'refused', failure: reason })

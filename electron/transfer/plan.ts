import { failure, type Failure } from '../contract/errors.ts'

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
  /** Whether this build can send parts. */
  readonly canSendParts: boolean
}): Plan {
  const { sizeBytes, credential, canSendParts } = options
  const limitBytes = Math.min(options.singlePutLimitBytes, largestPutBytes)
  if (sizeBytes <= limitBytes) return { kind: 'whole' }
  if (sizeBytes > largestObjectBytes) {
    return refused(failure('too-large-for-storage', { sizeBytes, limitBytes: largestObjectBytes }))
  }
  if (credential === 'device') return refused(failure('too-large-for-device', { sizeBytes, limitBytes }))
  if (!canSendParts) return refused(failure('too-large-for-now', { sizeBytes, limitBytes }))
  return { kind: 'parts' }
}

const refused = (reason: Failure): Plan => ({ kind: 'refused', failure: reason })

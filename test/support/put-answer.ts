import type { PutAnswer } from '../../electron/transfer/upload-worker-pool.ts'

type Answered = Extract<PutAnswer, { readonly kind: 'answered' }>

/** Storage has acknowledged a PUT, without a hash or an ETag by default. */
export const putAnswer = (given: Partial<Answered> = {}): Answered => ({
  kind: 'answered',
  status: 200,
  etag: null,
  md5: null,
  isEncrypted: false,
  retryAfter: null,
  body: '',
  checksum: 0,
  sha256: null,
  flushedBytes: 0,
  ...given,
})

import { abortUpload, completeUpload, createUpload, listParts, listUploads, putPart } from './multipart.ts'
import { deleteObject, getObject, listObjects, objectSha256, putObject } from './objects.ts'
import type { S3Call } from './objects.ts'
import { verifySignature } from './signature.ts'
import type { Keys } from './signature.ts'
import { openStore } from './store.ts'
import { S3Error, s3ErrorAnswer } from './xml.ts'
import type { Answer, Exchange, Handler } from '../exchange.ts'
import { targetOf } from '../storage-names.ts'

export type EmbeddedS3Options = Keys & {
  readonly folder: string
  /** A bucket that exists from the start. */
  readonly bucket: string
  /** Counts bytes without storing them, so that benchmarks do not include hashing and disk writes. */
  readonly discard: boolean
  /** S3's minimum is 5 MiB; a smaller one speeds up tests. */
  readonly minimumPartBytes: number
  now(): number
}

export type EmbeddedS3 = {
  readonly handle: Handler
  /** SHA-256 of an object in the bucket, in hex. */
  sha256Of(key: string): Promise<string>
  close(): void
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
const MAXIMUM_KEY_BYTES = 1024

/**
 * An S3 server that is strict enough to detect client errors: signatures, expiry, exact lengths, conditions,
 * digests and part rules. It implements the operations that Modelferry uses and returns 501 for all others.
 */
export function openEmbeddedS3(options: EmbeddedS3Options): EmbeddedS3 {
  const store = openStore(options.folder)
  store.addBucket(options.bucket)
  return {
    close: () => store.close(),
    sha256Of: (key) => objectSha256(store, options.bucket, key),
    async handle(exchange) {
      try {
        const { bucket, key } = targetOf(exchange.request.url ?? '/')
        const { payloadHash } = verifySignature(exchange.request, options, options.now())
        return await dispatch({
          exchange,
          store,
          bucket,
          key,
          payloadHash,
          discard: options.discard,
          minimumPartBytes: options.minimumPartBytes,
          now: options.now,
          query: exchange.url.searchParams,
        })
      } catch (error) {
        if (!(error instanceof S3Error)) throw error
        const answer = s3ErrorAnswer(error.status, error.code, error.message)
        return exchange.request.method === 'HEAD' ? { status: error.status } : answer
      }
    },
  }
}

async function dispatch(call: S3Call): Promise<Answer> {
  const { exchange, bucket, key, query, store } = call
  const method = exchange.request.method ?? ''
  if (bucket === '') throw notImplemented()
  if (key === '') return await onBucket(call, method)
  if (Buffer.byteLength(key) > MAXIMUM_KEY_BYTES) {
    throw new S3Error(400, 'KeyTooLongError', 'Your key is too long')
  }
  if (!store.hasBucket(bucket)) throw noSuchBucket()
  if (exchange.request.headers['x-amz-copy-source'] !== undefined) throw notImplemented()
  refuseSubresources(query)
  const target = query.has('uploadId') ? 'upload' : 'object'
  switch (`${method} ${query.has('uploads') ? 'uploads' : target}`) {
    case 'PUT object':
      return await putObject(call)
    case 'GET object':
      return getObject(call, false)
    case 'HEAD object':
      return getObject(call, true)
    case 'DELETE object':
      return await deleteObject(call)
    case 'POST uploads':
      return createUpload(call)
    case 'PUT upload':
      return await putPart(call)
    case 'GET upload':
      return listParts(call)
    case 'POST upload':
      return await completeUpload(call)
    case 'DELETE upload':
      return await abortUpload(call)
    default:
      throw notImplemented()
  }
}

async function onBucket(call: S3Call, method: string): Promise<Answer> {
  const { store, bucket, query } = call
  if (method === 'PUT') {
    await drain(call.exchange)
    if (store.addBucket(bucket)) return { status: 200 }
    throw new S3Error(409, 'BucketAlreadyOwnedByYou', 'Your previous request to create it succeeded.')
  }
  if (!store.hasBucket(bucket)) throw noSuchBucket()
  if (method === 'HEAD') return { status: 200 }
  if (method === 'GET' && query.has('uploads')) return listUploads(call)
  if (method === 'GET' && query.get('list-type') === '2') return listObjects(call)
  throw notImplemented()
}

async function drain(exchange: Exchange): Promise<void> {
  for await (const chunk of exchange.body()) void chunk
}

/** `?acl`, `?tagging` and similar select another operation, so ignoring them would be wrong. */
function refuseSubresources(query: URLSearchParams): void {
  const known = /^(x-amz-|x-id$|uploads$|uploadId$|partNumber$|max-parts$|part-number-marker$)/i
  for (const name of query.keys()) if (!known.test(name)) throw notImplemented()
}

function notImplemented(): S3Error {
  return new S3Error(
    501,
    'NotImplemented',
    'A header or query you provided implies functionality not implemented.',
  )
}

function noSuchBucket(): S3Error {
  return new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist')
}

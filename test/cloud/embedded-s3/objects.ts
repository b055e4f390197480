import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { promisedBy, receive } from './receive.ts'
import type { ReceiveOptions } from './receive.ts'
import type { ObjectRecord, Store } from './store.ts'
import { S3Error, xmlAnswer } from './xml.ts'
import type { XmlElement } from './xml.ts'
import type { Answer, Exchange } from '../exchange.ts'

/** A request to storage, with the data that operations need. */
export type S3Call = ReceiveOptions & {
  readonly exchange: Exchange
  readonly query: URLSearchParams
  readonly bucket: string
  readonly key: string
  readonly minimumPartBytes: number
  now(): number
}

/** Throws a 412 if the request has `If-None-Match` and the key exists. */
export function checkNothingThere({ exchange, store, bucket, key }: S3Call): void {
  const wanted = exchange.request.headers['if-none-match']
  if (wanted === undefined) return
  if (wanted !== '*') throw new S3Error(501, 'NotImplemented', 'If-None-Match is implemented for * only')
  if (!store.object(bucket, key)) return
  const message = 'At least one of the pre-conditions you specified did not hold'
  throw new S3Error(412, 'PreconditionFailed', message)
}

/** Stores the body as the object, atomically. */
export async function putObject(call: S3Call): Promise<Answer> {
  const { exchange, store, bucket, key } = call
  promisedBy(exchange, call.payloadHash)
  checkNothingThere(call)
  const received = await receive(exchange, call)
  try {
    // Another PUT may have completed while this body was being received.
    checkNothingThere(call)
  } catch (error) {
    await store.discard([received.blob])
    throw error
  }
  await store.putObject(bucket, {
    key,
    size: received.size,
    etag: received.etag,
    sha256: received.sha256,
    blobs: JSON.stringify(received.blob === null ? [] : [received.blob]),
    modified: call.now(),
  })
  return { status: 200, headers: { etag: `"${received.etag}"`, ...checksumHeader(received.sha256) } }
}

export function checksumHeader(sha256: string | null): Record<string, string> {
  return sha256 === null ? {} : { 'x-amz-checksum-sha256': sha256 }
}

/** Returns the object, or only its headers; ranges are not implemented. */
export function getObject(call: S3Call, headOnly: boolean): Answer {
  const record = call.store.object(call.bucket, call.key)
  if (!record) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.')
  const wantsChecksum = call.exchange.request.headers['x-amz-checksum-mode'] === 'ENABLED'
  const headers = {
    'content-length': String(record.size),
    'content-type': 'binary/octet-stream',
    'last-modified': new Date(record.modified).toUTCString(),
    etag: `"${record.etag}"`,
    ...(wantsChecksum ? checksumHeader(record.sha256) : {}),
  }
  if (headOnly) return { status: 200, headers }
  return { status: 200, headers, body: bytesOf(call.store, blobsOf(record)) }
}

/** SHA-256 of a stored object, in hex. */
export async function objectSha256(store: Store, bucket: string, key: string): Promise<string> {
  const record = store.object(bucket, key)
  if (!record) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.')
  const hash = createHash('sha256')
  for await (const chunk of bytesOf(store, blobsOf(record))) hash.update(chunk)
  return hash.digest('hex')
}

function blobsOf(record: ObjectRecord): readonly string[] {
  const blobs = JSON.parse(record.blobs) as string[]
  if (blobs.length === 0 && record.size > 0) {
    throw new S3Error(403, 'InvalidObjectState', 'This server counts bytes and does not keep them')
  }
  return blobs
}

async function* bytesOf(store: Store, blobs: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const blob of blobs) {
    for await (const chunk of createReadStream(store.blobPath(blob), { highWaterMark: 1024 * 1024 })) {
      yield chunk as Buffer
    }
  }
}

export async function deleteObject({ store, bucket, key }: S3Call): Promise<Answer> {
  await store.removeObject(bucket, key)
  return { status: 204 }
}

/** ListObjectsV2 without delimiters. */
export function listObjects({ store, bucket, query }: S3Call): Answer {
  const limit = Math.min(Number(query.get('max-keys') ?? 1000), 1000)
  const prefix = query.get('prefix') ?? ''
  const after = query.get('continuation-token') ?? query.get('start-after') ?? ''
  const found = store.listObjects(bucket, prefix, after, limit + 1)
  const page = found.slice(0, limit)
  const more = found.length > limit
  return xmlAnswer('ListBucketResult', [
    ['Name', bucket],
    ['Prefix', prefix],
    ['KeyCount', page.length],
    ['MaxKeys', limit],
    ['IsTruncated', more],
    ['NextContinuationToken', more ? page.at(-1)?.key : undefined],
    ...page.map((record): XmlElement => ['Contents', contentsOf(record)]),
  ])
}

function contentsOf(record: ObjectRecord): readonly XmlElement[] {
  return [
    ['Key', record.key],
    ['LastModified', new Date(record.modified).toISOString()],
    ['ETag', `"${record.etag}"`],
    ['Size', record.size],
    ['StorageClass', 'STANDARD'],
  ]
}

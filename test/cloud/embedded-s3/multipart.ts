import { createHash, randomBytes } from 'node:crypto'
import { checkNothingThere, checksumHeader } from './objects.ts'
import type { S3Call } from './objects.ts'
import { receive } from './receive.ts'
import type { StoredPart, UploadRecord } from './store.ts'
import { S3Error, parseCompletion, xmlAnswer } from './xml.ts'
import type { NamedPart, XmlElement } from './xml.ts'
import type { Answer } from '../exchange.ts'

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const MAXIMUM_PART_NUMBER = 10_000
// 10,000 parts with ETag and checksum take about two megabytes.
const MAXIMUM_COMPLETION_BYTES = 4 * 1024 * 1024

export function createUpload({ store, bucket, key, exchange, query, now }: S3Call): Answer {
  const algorithm =
    exchange.request.headers['x-amz-checksum-algorithm'] ?? query.get('x-amz-checksum-algorithm')
  if (algorithm && algorithm !== 'SHA256') {
    throw new S3Error(501, 'NotImplemented', `checksum algorithm ${String(algorithm)} is not implemented`)
  }
  const id = `2~${randomBytes(24).toString('base64url')}`
  store.addUpload({ id, bucket, key, checksums: algorithm ? 1 : 0, initiated: now() })
  return xmlAnswer('InitiateMultipartUploadResult', [
    ['Bucket', bucket],
    ['Key', key],
    ['UploadId', id],
  ])
}

/** Stores a part, replacing an earlier one with the same number. */
export async function putPart(call: S3Call): Promise<Answer> {
  const { store, exchange } = call
  const upload = uploadOf(call)
  const number = Number(call.query.get('partNumber'))
  if (!Number.isInteger(number) || number < 1 || number > MAXIMUM_PART_NUMBER) {
    const message = 'Part number must be an integer between 1 and 10000, inclusive'
    throw new S3Error(400, 'InvalidArgument', message)
  }
  const received = await receive(exchange, call)
  // The upload may have been completed or aborted while the body was being received.
  if (!store.upload(upload.id)) {
    await store.discard([received.blob])
    throw noSuchUpload()
  }
  const replaced = store.part(upload.id, number)
  store.putPart(upload.id, { number, ...received })
  if (replaced) await store.discard([replaced.blob])
  return { status: 200, headers: { etag: `"${received.etag}"`, ...checksumHeader(received.sha256) } }
}

export function listParts(call: S3Call): Answer {
  const { store, query, bucket, key } = call
  const upload = uploadOf(call)
  const limit = Math.min(Number(query.get('max-parts') ?? 1000), 1000)
  const after = Number(query.get('part-number-marker') ?? 0)
  const rest = store.parts(upload.id).filter((part) => part.number > after)
  const page = rest.slice(0, limit)
  const more = rest.length > limit
  return xmlAnswer('ListPartsResult', [
    ['Bucket', bucket],
    ['Key', key],
    ['UploadId', upload.id],
    ['PartNumberMarker', after],
    ['NextPartNumberMarker', more ? page.at(-1)?.number : undefined],
    ['MaxParts', limit],
    ['IsTruncated', more],
    ...page.map((part): XmlElement => ['Part', partElements(part, upload)]),
  ])
}

function partElements(part: StoredPart, upload: UploadRecord): readonly XmlElement[] {
  return [
    ['PartNumber', part.number],
    ['LastModified', new Date(upload.initiated).toISOString()],
    ['ETag', `"${part.etag}"`],
    ['Size', part.size],
    ['ChecksumSHA256', part.sha256 ?? undefined],
  ]
}

export function listUploads({ store, bucket }: S3Call): Answer {
  return xmlAnswer('ListMultipartUploadsResult', [
    ['Bucket', bucket],
    ['IsTruncated', false],
    ...store.listUploads(bucket).map((upload): XmlElement => [
      'Upload',
      [
        ['Key', upload.key],
        ['UploadId', upload.id],
        ['Initiated', new Date(upload.initiated).toISOString()],
      ],
    ]),
  ])
}

export async function abortUpload(call: S3Call): Promise<Answer> {
  const upload = uploadOf(call)
  const parts = call.store.parts(upload.id)
  call.store.endUpload(upload.id)
  await call.store.discard(parts.map((part) => part.blob))
  return { status: 204 }
}

/** Joins the named parts in order. The object is a list of the parts' files, so no data is copied. */
export async function completeUpload(call: S3Call): Promise<Answer> {
  const { store, bucket, key } = call
  const upload = uploadOf(call)
  const named = parseCompletion(await readText(call))
  checkNothingThere(call)
  const stored = store.parts(upload.id)
  const chosen = choose(named, stored, upload, call.minimumPartBytes)
  const etag = `${joinedMd5(chosen)}-${chosen.length}`
  const sha256 = upload.checksums ? compositeSha256(chosen) : null
  store.endUpload(upload.id)
  await store.putObject(bucket, {
    key,
    size: chosen.reduce((sum, part) => sum + part.size, 0),
    etag,
    sha256,
    blobs: JSON.stringify(chosen.map((part) => part.blob).filter((blob) => blob !== null)),
    modified: call.now(),
  })
  await store.discard(stored.filter((part) => !chosen.includes(part)).map((part) => part.blob))
  return xmlAnswer('CompleteMultipartUploadResult', [
    ['Bucket', bucket],
    ['Key', key],
    ['ETag', `"${etag}"`],
    ['ChecksumSHA256', sha256 ?? undefined],
  ])
}

function choose(
  named: readonly NamedPart[],
  stored: readonly StoredPart[],
  upload: UploadRecord,
  minimumPartBytes: number,
): readonly StoredPart[] {
  const byNumber = new Map(stored.map((part) => [part.number, part]))
  const invalid = new S3Error(400, 'InvalidPart', 'One or more of the specified parts could not be found.')
  return named.map((part, index) => {
    const before = named[index - 1]
    if (before && part.number <= before.number) {
      throw new S3Error(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.')
    }
    const found = byNumber.get(part.number)
    if (!found || found.etag !== part.etag) throw invalid
    if (part.sha256 !== undefined && part.sha256 !== found.sha256) throw invalid
    if (upload.checksums && found.sha256 === null) throw invalid
    if (index < named.length - 1 && found.size < minimumPartBytes) {
      const message = 'Your proposed upload is smaller than the minimum allowed size'
      throw new S3Error(400, 'EntityTooSmall', message)
    }
    return found
  })
}

/** S3's ETag of a multipart object: the MD5 of the parts' MD5s. */
function joinedMd5(parts: readonly StoredPart[]): string {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part.etag, /^[0-9a-f]{32}$/.test(part.etag) ? 'hex' : 'utf8')
  return hash.digest('hex')
}

function compositeSha256(parts: readonly StoredPart[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part.sha256 ?? '', 'base64')
  return `${hash.digest('base64')}-${parts.length}`
}

function uploadOf({ store, query, bucket, key }: S3Call): UploadRecord {
  const upload = store.upload(query.get('uploadId') ?? '')
  if (!upload || upload.bucket !== bucket || upload.key !== key) throw noSuchUpload()
  return upload
}

function noSuchUpload(): S3Error {
  return new S3Error(404, 'NoSuchUpload', 'The specified multipart upload does not exist.')
}

async function readText({ exchange }: S3Call): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of exchange.body()) {
    size += chunk.length
    if (size > MAXIMUM_COMPLETION_BYTES) throw new S3Error(400, 'MalformedXML', 'The document is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'

export type StorageOptions = {
  /** Where the cloud itself reaches storage. */
  readonly endpoint: string
  /** Where clients reach storage; their URLs are signed for `signedOrigin`. */
  readonly publicOrigin: string
  /** The origin that URLs are signed for. */
  readonly signedOrigin: string
  readonly accessKey: string
  readonly secretKey: string
  readonly region: string
  readonly bucket: string
  readonly urlSeconds: number
  /** Hashes an object where it is stored; without it, the object is downloaded. */
  readonly sha256Of?: (key: string) => Promise<string>
  /** The clock for dating URLs; a real server requires the current time. */
  now(): number
}

export type PresignOptions = {
  readonly sizeBytes: number
  readonly signsHeaders: boolean
  /** Returns an expired URL. */
  readonly expired: boolean
}

export type Presigned = { readonly url: string; readonly headers: Readonly<Record<string, string>> }
export type StorageRefusal = { readonly status: number; readonly code: string }
export type Part = { readonly number: number; readonly etag: string }
export type StoredObject = {
  readonly key: string
  readonly size: number
  /** With quotes, as in S3's responses. */
  readonly etag: string
  sha256(): Promise<string>
}
export type UnfinishedUpload = { readonly key: string; readonly uploadId: string }

export type Storage = ReturnType<typeof openStorage>

/** The API's access to object storage, using AWS's SDK. */
export function openStorage(options: StorageOptions) {
  const { bucket: Bucket, now } = options
  const config = {
    region: options.region,
    credentials: { accessKeyId: options.accessKey, secretAccessKey: options.secretKey },
    forcePathStyle: true,
    // Otherwise the SDK signs the checksum of an empty body into presigned URLs.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  } as const
  const client = new S3Client({ ...config, endpoint: options.endpoint })
  const signer = new S3Client({ ...config, endpoint: options.signedOrigin })

  const dated = (presign: PresignOptions) => {
    const expiredMs = presign.expired ? (options.urlSeconds + 60) * 1000 : 0
    return { expiresIn: options.urlSeconds, signingDate: new Date(now() - expiredMs) }
  }
  const published = (url: string) => url.replace(options.signedOrigin, options.publicOrigin)

  const atClock = () => {
    // The embedded server checks the dates of header-signed calls against the test's clock, so the SDK must
    // use it too.
    client.config.systemClockOffset = now() - Date.now()
    return client
  }

  return {
    bucket: Bucket,

    /** Creates the bucket if missing. */
    async prepare(): Promise<void> {
      const found = await refusalOf(atClock().send(new HeadBucketCommand({ Bucket })))
      if (found) await client.send(new CreateBucketCommand({ Bucket }))
    },

    async presignPut(Key: string, presign: PresignOptions): Promise<Presigned> {
      const headers: Presigned['headers'] = presign.signsHeaders
        ? { 'Content-Length': String(presign.sizeBytes), 'If-None-Match': '*' }
        : {}
      const signed = presign.signsHeaders ? { ContentLength: presign.sizeBytes, IfNoneMatch: '*' } : {}
      const command = new PutObjectCommand({ Bucket, Key, ...signed })
      return { url: published(await getSignedUrl(signer, command, dated(presign))), headers }
    },

    async presignPart(
      Key: string,
      UploadId: string,
      number: number,
      presign: PresignOptions,
    ): Promise<Presigned> {
      const headers: Presigned['headers'] = presign.signsHeaders
        ? { 'Content-Length': String(presign.sizeBytes) }
        : {}
      const signed = presign.signsHeaders ? { ContentLength: presign.sizeBytes } : {}
      const command = new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: number, ...signed })
      return { url: published(await getSignedUrl(signer, command, dated(presign))), headers }
    },

    /** The stored size in bytes, or undefined if the object does not exist. */
    async sizeOf(Key: string): Promise<number | undefined> {
      try {
        return (await atClock().send(new HeadObjectCommand({ Bucket, Key }))).ContentLength
      } catch (error) {
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined
        throw error
      }
    },

    /** SHA-256 of the stored object, in hex. */
    async sha256Of(Key: string): Promise<string> {
      if (options.sha256Of) return options.sha256Of(Key)
      const { Body } = await atClock().send(new GetObjectCommand({ Bucket, Key }))
      const hash = createHash('sha256')
      for await (const chunk of Body as Readable) hash.update(chunk as Buffer)
      return hash.digest('hex')
    },

    async createUpload(Key: string): Promise<string> {
      const { UploadId } = await atClock().send(new CreateMultipartUploadCommand({ Bucket, Key }))
      if (!UploadId) throw new Error('storage opened an upload without an id')
      return UploadId
    },

    completeUpload(
      Key: string,
      UploadId: string,
      parts: readonly Part[],
    ): Promise<StorageRefusal | undefined> {
      const Parts = parts.map((part) => ({ PartNumber: part.number, ETag: part.etag }))
      const command = new CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId,
        MultipartUpload: { Parts },
      })
      return refusalOf(atClock().send(command))
    },

    abortUpload: (Key: string, UploadId: string) =>
      refusalOf(atClock().send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))),

    /** All stored objects, sorted by key. */
    async objects(): Promise<StoredObject[]> {
      const found: StoredObject[] = []
      let ContinuationToken: string | undefined
      do {
        const command = new ListObjectsV2Command({
          Bucket,
          ...(ContinuationToken ? { ContinuationToken } : {}),
        })
        const page = await atClock().send(command)
        for (const { Key: key = '', Size: size = 0, ETag: etag = '' } of page.Contents ?? []) {
          found.push({ key, size, etag, sha256: () => this.sha256Of(key) })
        }
        ContinuationToken = page.NextContinuationToken
      } while (ContinuationToken)
      return found
    },

    remove: (Key: string) => refusalOf(atClock().send(new DeleteObjectCommand({ Bucket, Key }))),

    /** Multipart uploads that were neither completed nor aborted. */
    async unfinished(): Promise<UnfinishedUpload[]> {
      const page = await atClock().send(new ListMultipartUploadsCommand({ Bucket }))
      return (page.Uploads ?? []).map(({ Key = '', UploadId = '' }) => ({ key: Key, uploadId: UploadId }))
    },

    close(): void {
      client.destroy()
      signer.destroy()
    },
  }
}

/** Returns an error response of storage (4xx); other errors are thrown. */
async function refusalOf(call: Promise<unknown>): Promise<StorageRefusal | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    if (error instanceof S3ServiceException) {
      const status = error.$metadata.httpStatusCode ?? 0
      if (status >= 400 && status < 500) return { status, code: error.name }
    }
    throw error
  }
}

import * as v from 'valibot'
import { success, type Result } from '../contract/failures.ts'
import { checkStorageAddress, type StorageAddress } from '../platform/network/storage-address.ts'
import { unrepeatableResponseTimeoutMs, type CloudClient, type Signer } from './client.ts'
import { multipartInitiate, partPresign, paths } from './wire.ts'

interface PartToSend {
  /** From 1 to 10,000. */
  readonly number: number
  readonly sizeBytes: number
}

/** Names an open multipart upload. */
interface MultipartId {
  readonly uploadId: string
  readonly storageKey: string
}

export interface OpenedMultipart extends MultipartId {
  /** Size of every part but the last, set by the server. */
  readonly partSizeBytes: number
  readonly partCount: number
}

/**
 * Opens a multipart upload for a presigned storage key. Only for user sessions: device keys are refused. Without
 * the response the upload's id is lost, so that it can be neither continued nor aborted: a slow server gets more
 * time than usual.
 */
export async function initiateMultipart(
  client: CloudClient,
  signer: Signer,
  file: { readonly storageKey: string; readonly sizeBytes: number },
  signal: AbortSignal,
): Promise<Result<OpenedMultipart>> {
  const answer = await client.send({
    method: 'POST',
    path: paths.initiateMultipart,
    body: { storage_key: file.storageKey, file_size: file.sizeBytes },
    responseSchema: multipartInitiate,
    responseTimeoutMs: unrepeatableResponseTimeoutMs,
    signer,
    signal,
  })
  if (!answer.ok) return answer
  const { upload_id, storage_key, part_size, part_count } = answer.value
  return success({
    uploadId: upload_id,
    storageKey: storage_key,
    partSizeBytes: part_size,
    partCount: part_count,
  })
}

/** Presigns one part; may be called again for the same part when its URL has expired. */
export async function presignPart(
  client: CloudClient,
  signer: Signer,
  { uploadId, storageKey, part }: MultipartId & { readonly part: PartToSend },
  signal: AbortSignal,
): Promise<Result<StorageAddress>> {
  const answer = await client.send({
    method: 'POST',
    path: paths.presignPart,
    body: { storage_key: storageKey, upload_id: uploadId, part_number: part.number },
    responseSchema: partPresign,
    signer,
    signal,
  })
  if (!answer.ok) return answer
  const { upload_url: url, upload_headers: headers } = answer.value
  return checkStorageAddress({ server: client.server, url, headers, sizeBytes: part.sizeBytes })
}

interface CompletedPart {
  readonly number: number
  readonly etag: string
}

/**
 * How long completing an upload may take, in ms: 60 s up to 100 parts and 300 s for 10,000 parts, since S3
 * may take minutes for a large upload (Amazon S3 API reference, CompleteMultipartUpload).
 */
const completionTimeoutMs = (partCount: number) =>
  60_000 + Math.round((240_000 * Math.max(0, partCount - 100)) / 9_900)

/**
 * Joins the parts, each with its ETag exactly as storage returned it. No member of the response is relied on.
 */
export async function completeMultipart(
  client: CloudClient,
  signer: Signer,
  { uploadId, storageKey, parts }: MultipartId & { readonly parts: readonly CompletedPart[] },
  signal: AbortSignal,
): Promise<Result<void>> {
  const answer = await client.send({
    method: 'POST',
    path: paths.completeMultipart,
    body: {
      storage_key: storageKey,
      upload_id: uploadId,
      parts: [...parts]
        .sort((a, b) => a.number - b.number)
        .map(({ number, etag }) => ({ part_number: number, etag })),
    },
    responseSchema: v.unknown(),
    responseTimeoutMs: completionTimeoutMs(parts.length),
    signer,
    signal,
  })
  return answer.ok ? success(undefined) : answer
}

/** Aborts a multipart upload. `not-found` means that it does not exist any more. */
export async function abortMultipart(
  client: CloudClient,
  signer: Signer,
  { uploadId, storageKey }: MultipartId,
  signal: AbortSignal,
): Promise<Result<void>> {
  const answer = await client.send({
    method: 'POST',
    path: paths.abortMultipart,
    body: { storage_key: storageKey, upload_id: uploadId },
    responseSchema: v.unknown(),
    signer,
    signal,
  })
  return answer.ok ? success(undefined) : answer
}

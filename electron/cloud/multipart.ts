import * as v from 'valibot'
import { success, type Result } from '../contract/failures.ts'
import type { CloudClient, Signer } from './client.ts'
import { multipartInitiate, partPresign, paths } from './wire.ts'

/** Names an open multipart upload. */
export interface MultipartId {
  readonly uploadId: string
  readonly storageKey: string
}

export interface OpenedMultipart extends MultipartId {
  /** Bytes of every part but the last, as the server wants them. */
  readonly partSizeBytes: number
  readonly partCount: number
}

/** Opens a multipart upload on a presigned storage key. User session only: a device key is refused. */
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
    answer: multipartInitiate,
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

/** Permission to PUT one part. The URL is a secret while it lives. */
export interface PresignedPart {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** Presigns one part; may be asked again for the same part when its URL ran out. `partNumber` counts from 1. */
export async function presignPart(
  client: CloudClient,
  signer: Signer,
  { uploadId, storageKey }: MultipartId,
  partNumber: number,
  signal: AbortSignal,
): Promise<Result<PresignedPart>> {
  const answer = await client.send({
    method: 'POST',
    path: paths.presignPart,
    body: { storage_key: storageKey, upload_id: uploadId, part_number: partNumber },
    answer: partPresign,
    signer,
    signal,
  })
  return answer.ok ? success({ url: answer.value.upload_url, headers: answer.value.upload_headers }) : answer
}

/** Joins the parts, ascending, each with its ETag exactly as storage gave it. No member of the answer is relied on. */
export async function completeMultipart(
  client: CloudClient,
  signer: Signer,
  { uploadId, storageKey }: MultipartId,
  parts: readonly { readonly number: number; readonly etag: string }[],
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
    answer: v.unknown(),
    signer,
    signal,
  })
  return answer.ok ? success(undefined) : answer
}

/** Gives up a multipart upload. `not-found` means that there is nothing left to give up. */
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
    answer: v.unknown(),
    signer,
    signal,
  })
  return answer.ok ? success(undefined) : answer
}

import { ALREADY_EXISTS, ApiError, NOT_FOUND, jsonAnswer } from '../api-error.ts'
import { route } from '../api.ts'
import type { Call, Route } from '../api.ts'
import { abortRequest, completeRequest, initiateRequest, presignPartRequest } from '../schemas.ts'
import type { CompleteRequest, InitiateRequest, PresignPartRequest } from '../schemas.ts'
import type { StorageRefusal } from '../storage.ts'

// S3's limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const MAXIMUM_PARTS = 10_000

/** Multipart uploads, which require a user session and reject device keys. */
export const uploadRoutes: readonly Route[] = [
  route({
    name: 'initiateMultipart',
    at: 'POST /api/v1/uploads/multipart/initiate',
    accepts: ['jwt'],
    scope: 'team',
    writes: true,
    body: initiateRequest,
    handle: initiate,
  }),
  route({
    name: 'presignPart',
    at: 'POST /api/v1/uploads/multipart/presign-part',
    accepts: ['jwt'],
    scope: 'team',
    writes: true,
    body: presignPartRequest,
    handle: presignPart,
  }),
  route({
    name: 'completeMultipart',
    at: 'POST /api/v1/uploads/multipart/complete',
    accepts: ['jwt'],
    scope: 'team',
    writes: true,
    body: completeRequest,
    handle: complete,
  }),
  route({
    name: 'abortMultipart',
    at: 'POST /api/v1/uploads/multipart/abort',
    accepts: ['jwt'],
    scope: 'team',
    writes: true,
    body: abortRequest,
    async handle(call) {
      opened(call)
      const { storage_key, upload_id } = call.body
      const refusal = await call.context.storage.abortUpload(storage_key, upload_id)
      call.context.records.closeUpload(upload_id)
      if (refusal) throw refused(refusal)
      return jsonAnswer(200, { is_success: true })
    },
  }),
]

async function initiate({ context, body, team }: Call<InitiateRequest>) {
  const { records, storage, settings } = context
  const issued = records.issuedKey(body.storage_key, team.id)
  if (!issued) throw new ApiError(404, NOT_FOUND)
  if (issued.fileSize !== body.file_size) {
    throw new ApiError(400, 'invalid request: file_size differs from the presigned one')
  }
  const partSize = settings.partSizeBytes
  const partCount = Math.ceil(body.file_size / partSize)
  if (partCount > MAXIMUM_PARTS || body.file_size > settings.maximumFileBytes) {
    throw new ApiError(413, 'file too large')
  }
  if ((await storage.sizeOf(body.storage_key)) !== undefined) throw new ApiError(409, ALREADY_EXISTS)
  const uploadId = await storage.createUpload(body.storage_key)
  records.openUpload({ uploadId, storageKey: body.storage_key, partSize })
  return jsonAnswer(200, {
    upload_id: uploadId,
    storage_key: body.storage_key,
    part_size: partSize,
    part_count: partCount,
  })
}

async function presignPart(call: Call<PresignPartRequest>) {
  const { context, body, exchange } = call
  const { fileSize, partSize } = opened(call)
  const first = (body.part_number - 1) * partSize
  if (first >= fileSize) throw new ApiError(400, 'invalid request: part_number is beyond the last part')
  const presigned = await context.storage.presignPart(body.storage_key, body.upload_id, body.part_number, {
    sizeBytes: Math.min(partSize, fileSize - first),
    signsHeaders: context.settings.signsHeaders,
    expired: exchange.wantsExpiredUrls,
  })
  return jsonAnswer(200, {
    upload_url: presigned.url,
    part_number: body.part_number,
    upload_headers: presigned.headers,
  })
}

async function complete(call: Call<CompleteRequest>) {
  const { context, body } = call
  const { fileSize, partSize } = opened(call)
  const expected = Math.ceil(fileSize / partSize)
  const ascends = body.parts.every((part, index) => part.part_number === index + 1)
  if (!ascends || body.parts.length !== expected) {
    throw new ApiError(400, `invalid request: parts must be 1 to ${expected}, ascending, each once`)
  }
  const parts = body.parts.map((part) => ({ number: part.part_number, etag: part.etag }))
  const refusal = await context.storage.completeUpload(body.storage_key, body.upload_id, parts)
  if (refusal && refusal.status !== 404) throw refused(refusal)
  context.records.closeUpload(body.upload_id)
  if (refusal) throw refused(refusal)
  return jsonAnswer(200, { storage_key: body.storage_key, is_success: true })
}

function opened({ context, body, team }: Call<{ storage_key: string; upload_id: string }>) {
  const issued = context.records.issuedKey(body.storage_key, team.id)
  const upload = context.records.upload(body.upload_id, body.storage_key)
  if (!issued || !upload) throw new ApiError(404, NOT_FOUND)
  return { fileSize: issued.fileSize, partSize: upload.partSize }
}

function refused(refusal: StorageRefusal): ApiError {
  if (refusal.status === 404) return new ApiError(404, NOT_FOUND)
  return new ApiError(400, `storage refused: ${refusal.code}`)
}

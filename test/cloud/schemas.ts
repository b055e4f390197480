import { Ajv } from 'ajv'
import { ApiError } from './api-error.ts'

// One schema per request body of the API's description; unknown members are rejected.

export type LoginRequest = { readonly email_address: string; readonly user_password: string }
export type RefreshRequest = { readonly refresh_token: string }
export type PairPollRequest = { readonly device_code: string }
export type PairConfirmRequest = { readonly user_code: string; readonly device_name?: string }
export type PresignRequest = {
  readonly file_name: string
  readonly file_size: number
  readonly model_type: string
  readonly model_path: string
}
export type RegisterRequest = {
  readonly display_name: string
  readonly model_type: string
  readonly storage_key: string
  readonly file_size: number
  readonly file_hash: string
  readonly model_path: string
}
export type UpdateRequest = {
  readonly display_name?: string
  readonly model_type?: string
  readonly model_path?: string
  readonly model_status?: 'active' | 'disabled'
}
export type InitiateRequest = { readonly storage_key: string; readonly file_size: number }
export type PresignPartRequest = {
  readonly storage_key: string
  readonly upload_id: string
  readonly part_number: number
}
export type CompleteRequest = {
  readonly storage_key: string
  readonly upload_id: string
  readonly parts: readonly { readonly part_number: number; readonly etag: string }[]
}
export type AbortRequest = { readonly storage_key: string; readonly upload_id: string }

/** Returns the typed value, or throws the API's 400 with the first error. */
export type Check<Body> = (value: unknown) => Body

// No type coercion: a size sent as a string is an error of the client that tests must detect.
const ajv = new Ajv({ strict: true, allErrors: false })

const text = { type: 'string' }
const someText = { type: 'string', minLength: 1 }
// JavaScript numbers are exact up to 2^53; the API itself allows 2^63-1.
const fileSize = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER }
const modelType = { type: 'string', minLength: 1, maxLength: 50 }
const modelPath = { type: 'string', pattern: String.raw`^(?!/)(?!.*\.\.)(?!.*\\)[\w./ -]+$` }
const displayName = { type: 'string', minLength: 1, maxLength: 255 }
const fileHash = { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' }
const modelStatus = { type: 'string', enum: ['active', 'disabled'] }
// S3's limit for part numbers.
const partNumber = { type: 'integer', minimum: 1, maximum: 10_000 }

function check<Body>(required: object, optional: object = {}, more: object = {}): Check<Body> {
  const validate = ajv.compile<Body>({
    type: 'object',
    required: Object.keys(required),
    properties: { ...required, ...optional },
    additionalProperties: false,
    ...more,
  })
  return (value) => {
    if (validate(value)) return value
    const [error] = validate.errors ?? []
    const extra: unknown = error?.params['additionalProperty']
    const where = typeof extra === 'string' ? `/${extra}` : (error?.instancePath ?? '')
    throw new ApiError(400, `invalid request: ${where.slice(1) || 'body'} ${error?.message ?? 'is wrong'}`)
  }
}

export const loginRequest = check<LoginRequest>({
  email_address: { type: 'string', pattern: '^[^@\\s]+@[^@\\s]+$' },
  user_password: text,
})
export const refreshRequest = check<RefreshRequest>({ refresh_token: text })
export const pairPollRequest = check<PairPollRequest>({ device_code: text })
export const pairConfirmRequest = check<PairConfirmRequest>(
  { user_code: text },
  { device_name: { type: 'string', maxLength: 100 } },
)
export const presignRequest = check<PresignRequest>({
  file_name: someText,
  file_size: fileSize,
  model_type: modelType,
  model_path: modelPath,
})
export const registerRequest = check<RegisterRequest>({
  display_name: displayName,
  model_type: modelType,
  storage_key: someText,
  file_size: fileSize,
  file_hash: fileHash,
  model_path: modelPath,
})
export const updateRequest = check<UpdateRequest>(
  {},
  { display_name: displayName, model_type: modelType, model_path: modelPath, model_status: modelStatus },
  { minProperties: 1 },
)
export const initiateRequest = check<InitiateRequest>({ storage_key: someText, file_size: fileSize })
export const presignPartRequest = check<PresignPartRequest>({
  storage_key: someText,
  upload_id: someText,
  part_number: partNumber,
})
export const completeRequest = check<CompleteRequest>({
  storage_key: someText,
  upload_id: someText,
  parts: {
    type: 'array',
    minItems: 1,
    maxItems: 10_000,
    items: {
      type: 'object',
      required: ['part_number', 'etag'],
      properties: { part_number: partNumber, etag: someText },
      additionalProperties: false,
    },
  },
})
export const abortRequest = check<AbortRequest>({ storage_key: someText, upload_id: someText })

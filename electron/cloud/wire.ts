import * as v from 'valibot'

/**
 * Every path and field name of the Cyberun API that the app uses, from docs.cyberun.cloud/api-reference. A path
 * marked inferred is not documented there but derived from similar ones: if the server answers 404 or 405,
 * correct it here. The fields of inferred calls are inferred too. Pages cited in this file are below
 * docs.cyberun.cloud/api-reference.
 */
export const paths = {
  login: '/auth/login',
  refresh: '/auth/refresh',
  /** inferred, low confidence */
  logout: '/auth/logout',
  revokeDevice: '/auth/device/revoke',
  pairStart: '/desktop/pair/start',
  pairPoll: '/desktop/pair/poll',
  /** inferred, medium confidence */
  currentTeam: '/teams/current',
  me: '/users/me',
  presignModel: '/models/presign',
  /** POST is documented (model/register-a-model-after-uploading); GET, the listing, is inferred. */
  models: '/models',
  /** GET is documented (model/get-model-details); PUT and DELETE are inferred, high confidence. */
  model: (id: string) => `/models/${encodeURIComponent(id)}`,
  initiateMultipart: '/uploads/multipart/initiate',
  /** inferred, low confidence */
  presignPart: '/uploads/multipart/presign-part',
  /** inferred */
  completeMultipart: '/uploads/multipart/complete',
  /** inferred */
  abortMultipart: '/uploads/multipart/abort',
} as const

export const teamHeader = 'X-Team-ID'

const text = v.string()
const count = v.pipe(v.number(), v.integer(), v.minValue(0))

export const errorBody = v.object({ error_message: text })

/**
 * `expires_in` is in seconds (auth/login-with-email-and-password); optional, so that a missing value does not
 * prevent signing in.
 */
export const tokenPair = v.object({
  access_token: v.pipe(text, v.minLength(1)),
  refresh_token: v.pipe(text, v.minLength(1)),
  expires_in: v.optional(v.pipe(v.number(), v.minValue(1)), 3600),
})
export type TokenPairWire = v.InferOutput<typeof tokenPair>

/** Actions return `{"is_success": true}` or an empty body. */
export const actionResult = v.unknown()

const seconds = v.pipe(v.number(), v.minValue(1))

/** Times are in seconds (devicepair/start-a-desktop-pairing), with the documented values as defaults. */
export const pairStart = v.object({
  device_code: v.pipe(text, v.minLength(1)),
  user_code: v.pipe(text, v.minLength(1), v.maxLength(40)),
  verification_uri: v.pipe(text, v.url()),
  expires_in: v.optional(seconds, 300),
  interval: v.optional(seconds, 2),
})

/**
 * `status` may be absent (devicepair/poll-for-desktop-pairing-approval), so only the key shows the approval. The
 * `agent_key` is not read.
 */
export const pairPoll = v.object({ raw_key: v.optional(v.nullable(text)) })

/**
 * The role is not documented: it is shown where a server returns it, and nothing depends on it (inferred).
 */
export const teamWire = v.object({
  id: v.pipe(text, v.minLength(1)),
  display_name: v.optional(text, ''),
  role: v.optional(v.nullable(text)),
})

export const userProfile = v.object({
  id: text,
  display_name: v.optional(text, ''),
  email_address: v.optional(text, ''),
  team_list: v.optional(v.array(teamWire), []),
})

export const modelPresign = v.object({
  upload_url: v.pipe(text, v.url()),
  storage_key: v.pipe(text, v.minLength(1)),
  upload_headers: v.optional(v.record(text, text), {}),
})

export const resourceId = v.object({ id: v.pipe(text, v.minLength(1)) })

/** List items may have fewer fields than a single model, so only `id` is required. */
export const modelListItem = v.object({
  id: text,
  display_name: v.optional(text, ''),
  model_type: v.optional(text, ''),
  storage_key: v.optional(v.nullable(text)),
  file_size: v.optional(v.nullable(v.number())),
  file_hash: v.optional(v.nullable(text)),
  model_path: v.optional(v.nullable(text)),
  model_status: v.optional(v.nullable(text)),
  created_at: v.optional(v.nullable(text)),
  updated_at: v.optional(v.nullable(text)),
})
export type ModelWire = v.InferOutput<typeof modelListItem>

/**
 * The array's name is inferred from other lists, one of which differs (credential/list-credentials): falls back
 * to the only array of the response.
 */
export const modelList = v.pipe(
  v.looseObject({ page_meta: v.optional(v.object({ total_count: v.optional(count) })) }),
  v.transform((answer) => {
    const named = answer['model_list']
    const found = Array.isArray(named) ? named : Object.values(answer).find((value) => Array.isArray(value))
    return { models: (found ?? []) as unknown[], total: answer.page_meta?.total_count ?? null }
  }),
)

export const multipartInitiate = v.object({
  upload_id: v.pipe(text, v.minLength(1)),
  storage_key: v.pipe(text, v.minLength(1)),
  part_size: v.pipe(v.number(), v.integer(), v.minValue(1)),
  part_count: v.pipe(v.number(), v.integer(), v.minValue(1)),
})

export const partPresign = v.object({
  upload_url: v.pipe(text, v.url()),
  upload_headers: v.optional(v.record(text, text), {}),
})

import * as v from 'valibot'

/**
 * Every path and field name of the Cyberun API that the app uses, from docs.cyberun.cloud/api-reference. The
 * pages cited here are below it. A path marked inferred is not documented there but derived from similar
 * ones: if the server answers 404 or 405, correct it here. The fields of inferred calls are inferred too.
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
  /** An id of one or two dots names no model: URLs treat it as another path, which the client refuses. */
  model: (id: string) => `/models/${encodeURIComponent(id.toWellFormed())}`,
  agents: '/agents',
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

// Limits of texts, in characters, so that a list of models takes little memory. They are far above S3's
// (1,024 for keys) and the documented ones (model/register-a-model-after-uploading: 50 for types, 255 for
// names).
const maxLength = { id: 200, label: 300, path: 1_024, key: 2_048, url: 2_000 }
/** A text without which a response is invalid. */
const required = (max: number) => v.pipe(text, v.minLength(1), v.maxLength(max))
/** A text that counts as absent if it is too long. A part of it would keep the whole text in memory. */
const label = v.pipe(
  v.nullish(text, ''),
  v.transform((value) => (value.length <= maxLength.label ? value : '')),
)
const optional = (max: number) =>
  v.nullish(
    v.pipe(
      text,
      v.transform((value): string | null => (value.length <= max ? value : null)),
    ),
  )

/** Printable ASCII without spaces, for a header (RFC 6750, 2.1). Servers limit headers to 8 to 16 KiB. */
const tokenForm = /^[\x21-\x7e]{1,8000}$/
export const isToken = (value: string) => tokenForm.test(value)
// Without a message of its own the failure would contain the token.
export const token = v.pipe(text, v.check(isToken, 'not a token'))
/** The form of a device key; its prefix is documented (devicepair/poll-for-desktop-pairing-approval). */
export const isDeviceKey = (key: string) => /^dk-[\w.~+/=-]+$/.test(key) && isToken(key)
const count = v.pipe(v.number(), v.integer(), v.minValue(0))

export const errorBody = v.object({ error_message: text })

/** Seconds in a range. A timer of more than 24.8 days would fire at once (nodejs.org/api/timers.html). */
function secondsBetween(min: number, max: number) {
  return v.pipe(
    v.number(),
    v.transform((seconds) => Math.min(Math.max(seconds, min), max)),
  )
}

/**
 * `expires_in` is in seconds (auth/login-with-email-and-password); optional, so that a missing value does not
 * prevent signing in.
 */
export const tokenPair = v.object({
  access_token: token,
  refresh_token: token,
  expires_in: v.nullish(secondsBetween(1, 366 * 24 * 3600), 3600),
})
export type TokenPairWire = v.InferOutput<typeof tokenPair>

/** Actions return `{"is_success": true}` or an empty body. */
export const actionResult = v.unknown()

/**
 * Times are in seconds (devicepair/start-a-desktop-pairing), with the documented values as defaults. The
 * limits keep a server from being polled without a pause, or forever.
 */
export const pairStart = v.object({
  device_code: required(maxLength.key),
  user_code: required(40),
  verification_uri: v.pipe(text, v.maxLength(maxLength.url), v.url()),
  expires_in: v.nullish(secondsBetween(30, 3600), 300),
  interval: v.nullish(secondsBetween(1, 30), 2),
})

/**
 * `status` may be absent (devicepair/poll-for-desktop-pairing-approval), so only the key shows the approval.
 * The `agent_key` is not read.
 */
export const pairPoll = v.object({ raw_key: v.nullish(text) })

/** Printable ASCII: a team's id becomes a header, a person's part of an account's id. */
const printableId = v.pipe(required(maxLength.id), v.regex(/^[\x20-\x7e]+$/))

/**
 * The role is not documented: it is shown where a server returns it, and nothing depends on it (inferred).
 */
export const teamWire = v.object({
  id: printableId,
  display_name: label,
  role: optional(maxLength.label),
})

export const userProfile = v.object({
  id: printableId,
  display_name: label,
  email_address: label,
  team_list: v.nullish(v.pipe(v.array(teamWire), v.maxLength(1_000)), []),
})

/** Address and headers are checked by `checkStorageAddress`, whose failures are final. Only the address must exist. */
const storageAddress = { upload_url: v.unknown(), upload_headers: v.optional(v.unknown()) }

export const modelPresign = v.object({
  ...storageAddress,
  storage_key: required(maxLength.key),
})

export const resourceId = v.object({ id: required(maxLength.id) })

/** List items may have fewer fields than a single model, so only `id` is required. */
export const modelListItem = v.object({
  id: v.pipe(text, v.maxLength(maxLength.id)),
  display_name: label,
  model_type: label,
  storage_key: optional(maxLength.key),
  file_size: v.nullish(v.number()),
  file_hash: optional(maxLength.id),
  model_path: optional(maxLength.path),
  model_status: optional(maxLength.id),
  created_at: optional(maxLength.id),
  updated_at: optional(maxLength.id),
})
export type ModelWire = v.InferOutput<typeof modelListItem>

/**
 * The array of a list's response. Its name differs from the pattern in one of the documented lists
 * (credential/list-credentials), so the first array is used if none has this name.
 */
function listIn(answer: Readonly<Record<string, unknown>>, name: string): unknown[] | undefined {
  const named = answer[name]
  return Array.isArray(named) ? named : Object.values(answer).find((value) => Array.isArray(value))
}

/**
 * The array's name is inferred from other lists. A response without any array is invalid unless it says that there
 * are no models: read as an empty library, it would let an upload be sent or registered twice. That an empty list
 * may be `null` is inferred.
 */
export const modelList = v.pipe(
  v.looseObject({ page_meta: v.nullish(v.object({ total_count: v.nullish(count) })) }),
  v.transform((answer) => {
    const total = answer.page_meta?.total_count ?? null
    const isEmpty = answer['model_list'] === null || total === 0
    return { models: listIn(answer, 'model_list') ?? (isEmpty ? [] : undefined), total }
  }),
  v.object({ models: v.array(v.unknown()), total: v.nullable(count) }),
)

/** Only `agent_id` is required: an agent without it is left out, and the user would see too few of them. */
export const agentListItem = v.object({
  agent_id: required(maxLength.id),
  agent_status: v.fallback(label, ''),
  sync_detail: v.fallback(label, ''),
  sync_percent: v.fallback(v.nullable(v.number()), null),
})

/**
 * A response without a list is invalid, since it doesn't show that the team has no agents; `null` counts as an empty
 * list.
 */
export const agentList = v.pipe(
  v.looseObject({}),
  v.transform((answer) => listIn(answer, 'agent_list') ?? (answer['agent_list'] === null ? [] : undefined)),
  v.array(v.unknown()),
)

export const multipartInitiate = v.object({
  upload_id: required(maxLength.key),
  storage_key: required(maxLength.key),
  part_size: v.pipe(v.number(), v.integer(), v.minValue(1)),
  part_count: v.pipe(v.number(), v.integer(), v.minValue(1)),
})

export const partPresign = v.object(storageAddress)

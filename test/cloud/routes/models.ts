import { randomUUID } from 'node:crypto'
import { ALREADY_EXISTS, ApiError, NOT_FOUND, jsonAnswer } from '../api-error.ts'
import { route } from '../api.ts'
import type { Call, Route } from '../api.ts'
import type { ModelRecord, Records } from '../records.ts'
import { presignRequest, registerRequest, updateRequest } from '../schemas.ts'
import type { RegisterRequest } from '../schemas.ts'

const both = ['jwt', 'dk'] as const
const team = 'team' as const

/** Presigning, registering and managing model records. */
export const modelRoutes: readonly Route[] = [
  route({
    name: 'presignModel',
    at: 'POST /api/v1/models/presign',
    accepts: both,
    scope: team,
    writes: true,
    body: presignRequest,
    async handle({ context, body, team: { id }, exchange }) {
      const { records, storage, settings } = context
      if (body.file_size > settings.maximumFileBytes) throw new ApiError(413, 'file too large')
      const storageKey = `models/${id}/${randomUUID()}`
      records.issueKey({ storageKey, teamId: id, fileSize: body.file_size })
      const presigned = await storage.presignPut(storageKey, {
        sizeBytes: body.file_size,
        signsHeaders: settings.signsHeaders,
        expired: exchange.wantsExpiredUrls,
      })
      return jsonAnswer(200, {
        upload_url: presigned.url,
        storage_key: storageKey,
        upload_headers: presigned.headers,
      })
    },
  }),
  route({
    name: 'registerModel',
    at: 'POST /api/v1/models',
    accepts: both,
    scope: team,
    writes: true,
    body: registerRequest,
    handle: register,
  }),
  route({
    name: 'listModels',
    at: 'GET /api/v1/models',
    accepts: both,
    scope: team,
    query: ['current_page', 'per_page'],
    handle({ context: { records, settings }, query, team: { id } }) {
      const page = wholeNumber(query, 'current_page', { from: 1, to: Number.MAX_SAFE_INTEGER, otherwise: 1 })
      const size = wholeNumber(query, 'per_page', { from: 1, to: 100, otherwise: 20 })
      return jsonAnswer(200, {
        model_list: records
          .models(id, size, (page - 1) * size)
          .map((model) => without(model, settings.listLacks)),
        page_meta: { current_page: page, per_page: size, total_count: records.countModels(id) },
      })
    },
  }),
  route({
    name: 'listAgents',
    at: 'GET /api/v1/agents',
    accepts: both,
    scope: team,
    query: ['current_page', 'per_page'],
    handle({ context, team: { id } }) {
      const agents = context.agentsOf(id)
      return jsonAnswer(200, {
        agent_list: agents,
        page_meta: { current_page: 1, per_page: 100, total_count: agents.length },
      })
    },
  }),
  route({
    name: 'getModel',
    at: 'GET /api/v1/models/:modelId',
    accepts: both,
    scope: team,
    handle: (call) => jsonAnswer(200, wanted(call)),
  }),
  route({
    name: 'updateModel',
    at: 'PUT /api/v1/models/:modelId',
    accepts: both,
    scope: team,
    writes: true,
    body: updateRequest,
    handle(call) {
      const model = wanted(call)
      const updated_at = new Date(call.context.now()).toISOString()
      if (!call.context.records.updateModel(call.team.id, { ...model, ...call.body, updated_at })) {
        throw new ApiError(409, ALREADY_EXISTS)
      }
      return jsonAnswer(200, { id: model.id })
    },
  }),
  route({
    name: 'deleteModel',
    at: 'DELETE /api/v1/models/:modelId',
    accepts: both,
    scope: team,
    writes: true,
    handle(call) {
      // The stored file is kept, because it is not documented that the service removes it.
      call.context.records.removeModel(call.team.id, wanted(call).id)
      return { status: 204 }
    },
  }),
]

async function register({ context, body, team: { id: teamId } }: Call<RegisterRequest>) {
  const { records, storage, settings } = context
  const issued = records.issuedKey(body.storage_key, teamId)
  if (!issued) throw new ApiError(404, NOT_FOUND)
  if (records.hasModel(teamId, body.storage_key, body.model_path)) throw new ApiError(409, ALREADY_EXISTS)
  const storedBytes = await storage.sizeOf(body.storage_key)
  if (storedBytes === undefined) throw new ApiError(404, NOT_FOUND)
  if (storedBytes !== body.file_size) {
    throw new ApiError(
      400,
      `invalid request: file_size is ${body.file_size}, but ${storedBytes} bytes are stored`,
    )
  }
  if (settings.verifiesHash && `sha256:${await storage.sha256Of(body.storage_key)}` !== body.file_hash) {
    throw new ApiError(400, 'invalid request: file_hash does not fit the stored bytes')
  }
  const created_at = new Date(context.now()).toISOString()
  const model: ModelRecord = {
    ...body,
    id: randomUUID(),
    model_status: 'active',
    created_at,
    updated_at: created_at,
  }
  if (!records.addModel(teamId, model)) throw new ApiError(409, ALREADY_EXISTS)
  return jsonAnswer(201, { id: model.id })
}

/** Adds a model of another user; missing members get default values. */
export function addModel(
  records: Records,
  now: () => number,
  teamId: string,
  given: Partial<ModelRecord> & Pick<ModelRecord, 'model_path'>,
): string {
  const id = randomUUID()
  const created_at = new Date(now()).toISOString()
  const fileName = given.model_path.split('/').at(-1) ?? ''
  const model: ModelRecord = {
    id,
    display_name: fileName.replace(/[.]\w+$/, ''),
    model_type: 'checkpoints',
    storage_key: `models/${teamId}/${id}`,
    file_size: 1_000_000,
    file_hash: `sha256:${'0'.repeat(64)}`,
    model_status: 'active' as const,
    created_at,
    updated_at: created_at,
    ...given,
  }
  if (!records.addModel(teamId, model)) throw new Error(`the team has ${model.model_path} already`)
  return model.id
}

function wanted(call: Call<unknown>): ModelRecord {
  const id = call.parameters['modelId'] ?? ''
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
    throw new ApiError(400, 'invalid request: modelId is not a UUID')
  }
  const model = call.context.records.model(call.team.id, id.toLowerCase())
  if (!model) throw new ApiError(404, NOT_FOUND)
  return model
}

function without(model: ModelRecord, names: readonly string[]) {
  return Object.fromEntries(Object.entries(model).filter(([name]) => !names.includes(name)))
}

function wholeNumber(
  query: URLSearchParams,
  name: string,
  { from, to, otherwise }: { readonly from: number; readonly to: number; readonly otherwise: number },
) {
  const text = query.get(name)
  if (text === null) return otherwise
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (value >= from && value <= to) return value
  throw new ApiError(400, `invalid request: ${name} must be between ${from} and ${to}`)
}

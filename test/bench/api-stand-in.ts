import { createServer, type IncomingMessage } from 'node:http'
import { randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'

// A minimal Cyberun API that stores only registered models, so that the client dominates the measurement. Its
// library becomes empty when a client requests its profile, once at its start: a file of an earlier round would count
// as already there.

export interface Grant {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** The storage operations that the API needs. */
export interface ApiStorage {
  presignPut(key: string, sizeBytes: number): Promise<Grant>
  createUpload(key: string): Promise<string>
  presignPart(key: string, uploadId: string, partNumber: number): Promise<Grant>
  completeUpload(
    key: string,
    uploadId: string,
    parts: readonly { readonly number: number; readonly etag: string }[],
  ): Promise<void>
}

export interface Answered {
  /** Method and path of an API call, such as `POST /models`, or `storage`. */
  readonly call: string
  /** When the response was sent, in ms since the epoch. */
  readonly atMs: number
}

type Body = Readonly<Record<string, unknown>>

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  return text === '' ? {} : (JSON.parse(text) as Body)
}

const profile = {
  id: 'bench',
  display_name: 'Bench',
  email_address: 'b@example.com',
  team_list: [{ id: 't', display_name: 'T' }],
}

interface Api {
  readonly storage: ApiStorage
  readonly partSizeBytes: number
  /** Models by id that were registered since the profile was last requested. */
  readonly models: Map<string, Body>
}

/** A page of the listing, from which the client reads registered models back. */
function pageOf(models: Api['models'], query: URLSearchParams): unknown {
  const size = Number(query.get('per_page'))
  const start = (Number(query.get('current_page')) - 1) * size
  return {
    model_list: [...models.values()].slice(start, start + size),
    page_meta: { total_count: models.size },
  }
}

async function answerTo(
  { method, path, query }: { method: string; path: string; query: URLSearchParams },
  body: Body,
  { storage, partSizeBytes, models }: Api,
): Promise<unknown> {
  if (method === 'GET' && path === '/models') return pageOf(models, query)
  const read = models.get(path.replace('/models/', ''))
  if (read) return read
  const key = String(body['storage_key'])
  const uploadId = String(body['upload_id'])
  switch (path) {
    case '/auth/login':
    case '/auth/refresh':
      return { access_token: randomUUID(), refresh_token: randomUUID(), expires_in: 3600 }
    case '/users/me':
      models.clear()
      return profile
    case '/models/presign': {
      const storage_key = randomUUID()
      const { url, headers } = await storage.presignPut(storage_key, Number(body['file_size']))
      return { upload_url: url, storage_key, upload_headers: headers }
    }
    case '/uploads/multipart/initiate': {
      const upload_id = await storage.createUpload(key)
      const part_count = Math.ceil(Number(body['file_size']) / partSizeBytes)
      return { upload_id, storage_key: key, part_size: partSizeBytes, part_count }
    }
    case '/uploads/multipart/presign-part': {
      const { url, headers } = await storage.presignPart(key, uploadId, Number(body['part_number']))
      return { upload_url: url, upload_headers: headers }
    }
    case '/uploads/multipart/complete': {
      const parts = body['parts'] as { readonly part_number: number; readonly etag: string }[]
      const named = parts.map(({ part_number, etag }) => ({ number: part_number, etag }))
      await storage.completeUpload(key, uploadId, named)
      return { is_success: true }
    }
    case '/models': {
      const model = { ...body, id: randomUUID() }
      models.set(model.id, model)
      return model
    }
    default:
      return { is_success: true }
  }
}

/**
 * Starts the API on a free loopback port and returns its base URL. Each response is delayed by `delayMs` to
 * simulate a round trip; `answered` is called with each response.
 */
export function startApiStandIn(options: {
  readonly storage: ApiStorage
  readonly partSizeBytes: number
  readonly delayMs?: number
  readonly answered?: (answer: Answered) => void
  /** Stops the API; without it, the API runs until the process ends. */
  readonly signal?: AbortSignal
}): Promise<string> {
  const { storage, partSizeBytes, delayMs = 0, answered, signal } = options
  const api = { storage, partSizeBytes, models: new Map<string, Body>() }
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    const path = pathname.replace('/api/v1', '')
    const { method = '' } = request
    void bodyOf(request)
      .then((body) => answerTo({ method, path, query: searchParams }, body, api))
      .then(
        async (answer) => {
          if (delayMs > 0) await after(delayMs)
          answered?.({ call: `${method} ${path}`, atMs: Date.now() })
          response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer))
        },
        (error: unknown) => {
          console.error(error)
          response.writeHead(500).end()
        },
      )
  })
  return new Promise((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', ...(signal ? { signal } : {}) }, () => {
      const address = server.address()
      if (address && typeof address === 'object') resolve(`http://127.0.0.1:${address.port}/api/v1`)
    })
  })
}

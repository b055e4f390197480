import { createHash } from 'node:crypto'
import { request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { ALICE } from '../../cloud/accounts.ts'
import type { DemoAccount } from '../../cloud/accounts.ts'
import type { Cloud } from '../../cloud/cloud.ts'

export type Reply = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** Whether the server asked for a body that was held back. */
  readonly continued: boolean
}

export type SendOptions = {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  /** Holds the body back until the server asks for it. */
  readonly waits?: boolean
}

/** One request on a connection of its own; rejects when the connection is cut before a response. */
export function send(method: string, url: string, options: SendOptions = {}): Promise<Reply> {
  const { headers = {}, body, waits = false } = options
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  const chunked = names.includes('transfer-encoding')
  const length = body !== undefined && !chunked && !names.includes('content-length')
  return new Promise((resolve, reject) => {
    let continued = false
    const outgoing = request(url, {
      method,
      agent: false,
      headers: {
        ...headers,
        ...(length ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
        ...(waits ? { expect: '100-continue' } : {}),
      },
    })
    outgoing.once('error', reject)
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, continued })
      })
    })
    if (!waits) {
      outgoing.end(body)
      return
    }
    outgoing.once('continue', () => {
      continued = true
      outgoing.end(body)
    })
    outgoing.flushHeaders()
  })
}

export type Answer = {
  readonly status: number
  readonly body: unknown
  readonly headers: IncomingHttpHeaders
}

export type Credential = { readonly token?: string; readonly team?: string }

/** One call of the API. */
export async function call(
  cloud: Cloud,
  operation: string,
  body?: object,
  { token, team }: Credential = {},
): Promise<Answer> {
  const [method = '', path = ''] = operation.split(' ')
  const reply = await send(method, cloud.url + path, {
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(team === undefined ? {} : { 'x-team-id': team }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return {
    status: reply.status,
    headers: reply.headers,
    body: reply.text === '' ? undefined : JSON.parse(reply.text),
  }
}

export type Tokens = {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
}

export async function signIn(cloud: Cloud, account: DemoAccount = ALICE): Promise<Tokens> {
  const login = { email_address: account.email, user_password: account.password }
  const answer = await call(cloud, 'POST /auth/login', login)
  return answer.body as Tokens
}

export type Presigned = {
  readonly upload_url: string
  readonly storage_key: string
  readonly upload_headers: Record<string, string>
}

export function presignRequest(bytes: Buffer, name = 'sample') {
  return {
    file_name: `${name}.safetensors`,
    file_size: bytes.length,
    model_type: 'loras',
    model_path: `models/loras/${name}.safetensors`,
  }
}

export function registerRequest(bytes: Buffer, storageKey: string, name = 'sample') {
  return {
    display_name: name,
    model_type: 'loras',
    storage_key: storageKey,
    file_size: bytes.length,
    file_hash: `sha256:${sha256(bytes)}`,
    model_path: `models/loras/${name}.safetensors`,
  }
}

export async function presign(
  cloud: Cloud,
  as: Credential,
  bytes: Buffer,
  name?: string,
): Promise<Presigned> {
  const answer = await call(cloud, 'POST /models/presign', presignRequest(bytes, name), as)
  return answer.body as Presigned
}

/** PUTs the bytes as the presign response asks. */
export function put(presigned: Omit<Presigned, 'storage_key'>, bytes: Buffer, waits = false): Promise<Reply> {
  return send('PUT', presigned.upload_url, { headers: presigned.upload_headers, body: bytes, waits })
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex')
}

/** S3's error code in an XML body. */
export function codeOf(reply: Reply): string | undefined {
  return /<Code>([^<]*)<\/Code>/.exec(reply.text)?.[1]
}

import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { writeSafetensors } from '../fixtures/model-files.ts'
import { startProcess, type Ended } from './command-line.ts'
import { makeAuthority } from './network/certificates.ts'
import { startTestServer } from './network/test-server.ts'

const apiHost = 'core.example'
const teamId = 'team_1'

/** What a hostile API returns; the defaults are those of an honest one without models. */
export interface HostileAnswers {
  /** `storage` is the URL of a service on this computer, over http. */
  readonly presign?: (storage: URL) => Readonly<Record<string, unknown>>
  readonly models?: (request: IncomingMessage, response: ServerResponse) => void
}

export interface HostileServer {
  /** Requests to the API, as `POST /models/presign`. */
  readonly requests: readonly string[]
  /** Requests to the service on this computer, and addresses for which the proxy was asked besides the API. */
  readonly reached: readonly string[]
  /** The path of a small model. */
  readonly file: string
  /** Runs the built command line with a token of this API. */
  run(...words: string[]): Promise<Ended>
}

/**
 * An https API with a public name, for which a proxy stands in for the DNS, and an http service on this
 * computer that must not be reached.
 */
export async function startHostileServer({ presign, models }: HostileAnswers): Promise<HostileServer> {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-hostile-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const { path: file } = await writeSafetensors(join(folder, 'blue.safetensors'), { sizeBytes: 100_000 })
  const requests: string[] = []
  const reached: string[] = []
  const storage = await startTestServer((request, response) => {
    reached.push(`${request.method} ${request.url}`)
    request.resume()
    response.writeHead(200, { ETag: '"x"' }).end()
  })
  const authority = await makeAuthority()
  const api = await startTestServer(
    (request, response) => {
      const [path = ''] = (request.url ?? '').replace('/api/v1', '').split('?')
      requests.push(`${request.method} ${path}`)
      const answer = (value: unknown) => response.end(JSON.stringify(value))
      request.resume()
      if (path === '/users/me')
        return answer({ id: 'ann', team_list: [{ id: teamId, display_name: 'Studio' }] })
      if (path === '/models/presign') return answer({ storage_key: 'k', ...presign?.(new URL(storage.url)) })
      return models ? models(request, response) : answer({ model_list: [] })
    },
    { tls: await authority.issue(apiHost) },
  )
  const proxy = createServer()
  proxy.on('connect', ({ url }: IncomingMessage, client) => {
    if (url !== `${apiHost}:443`) {
      reached.push(`CONNECT ${url}`)
      return void client.destroy()
    }
    const server = connect(Number(new URL(api.url).port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(server).pipe(client)
    })
    for (const socket of [client, server]) socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void proxy.close())
  const environment = {
    MODELFERRY_SERVER: `https://${apiHost}/api/v1`,
    MODELFERRY_HOME: join(folder, 'home'),
    MODELFERRY_TOKEN: 'jwt',
    MODELFERRY_TEAM: teamId,
    HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    NODE_EXTRA_CA_CERTS: authority.file,
  }
  return { requests, reached, file, run: (...words) => startProcess(words, environment).ended }
}

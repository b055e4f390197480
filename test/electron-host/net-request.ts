import { EventEmitter } from 'node:events'
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { notEmulated, refuseUnknown } from './strict.ts'

interface Options {
  readonly method?: string
  readonly protocol?: string
  readonly hostname: string
  readonly port?: number | string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly redirect?: 'follow' | 'error' | 'manual'
  readonly session?: object
}

const known = new Set(['method', 'protocol', 'hostname', 'port', 'path', 'headers', 'redirect', 'session'])
/** Node options that electron-updater sets and Electron ignores. */
const passedOver = new Set(['timeout', 'agent'])

/**
 * `net.request` on Node's sockets, with status, headers, body, errors, abort and redirects as events. It does
 * not use Chromium's proxies or certificates, and does not emulate automatic redirects.
 */
export function request(options: Options): EventEmitter {
  refuseUnknown(
    'net.request',
    Object.fromEntries(Object.entries(options).filter(([name]) => !passedOver.has(name))),
    known,
  )
  const { protocol = 'https:', redirect, session: _session, ...rest } = options
  const outer = new EventEmitter()
  const inner: ClientRequest = (protocol === 'https:' ? httpsRequest : httpRequest)({ ...rest })
  inner.on('response', (response: IncomingMessage) => {
    const { statusCode = 0, headers } = response
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
      response.resume()
      const target = new URL(headers.location, `${protocol}//${options.hostname}:${options.port ?? ''}`)
      if (redirect === 'manual')
        outer.emit('redirect', statusCode, options.method ?? 'GET', target.href, headers)
      else outer.emit('error', notEmulated('net.request with a redirect that is followed'))
      return
    }
    outer.emit('response', response)
  })
  let aborted = false
  inner.on('error', (error) => {
    if (!aborted) outer.emit('error', error)
  })
  return Object.assign(outer, {
    end: (body?: string | Buffer) => void inner.end(body),
    write: (piece: string | Buffer) => void inner.write(piece),
    setHeader: (name: string, value: string) => void inner.setHeader(name, value),
    abort() {
      aborted = true
      inner.destroy()
      outer.emit('abort')
    },
  })
}

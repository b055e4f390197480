import type { Session } from '../cdp.ts'
import { isCancelled } from '../session.ts'
import { host } from '../state.ts'
import { event } from '../strict.ts'
import { fromWire, toWire } from '../urls.ts'
import type { HostContents } from '../shapes.ts'

interface PausedRequest {
  readonly requestId: string
  readonly frameId: string
  readonly resourceType: string
  readonly request: {
    readonly url: string
    readonly method: string
    readonly headers: Record<string, string>
    readonly hasPostData?: boolean
    readonly postData?: string
  }
}

/** The main frame as seen by the page's window. */
export interface MainFrame {
  readonly frameId: string
  /** The displayed address, in the form that main uses. */
  readonly url: string
  /** True once for a navigation started by main. */
  takeOwnNavigation(): boolean
}

/** Electron's names for the resource types of the DevTools protocol. */
const resourceTypes: Readonly<Record<string, string>> = {
  Document: 'mainFrame',
  Stylesheet: 'stylesheet',
  Script: 'script',
  Image: 'image',
  Font: 'font',
  Media: 'media',
  XHR: 'xhr',
  Fetch: 'xhr',
  Ping: 'ping',
}

let lastId = 0

/** Handles a network request of a page: navigation guard, `webRequest`, and the app's own scheme. */
export async function answerRequest(
  contents: HostContents,
  session: Session,
  frame: MainFrame,
  paused: PausedRequest,
): Promise<void> {
  const { requestId, request, resourceType } = paused
  const url = fromWire(request.url)
  const refuse = (errorReason: string) => session.send('Fetch.failRequest', { requestId, errorReason })
  if (resourceType === 'Document' && isPrevented(contents, frame, paused, url)) {
    host.record('navigation-prevented', { url })
    await refuse('Aborted')
    return
  }
  // Chromium requests an icon for its tab; Electron has no tabs and never does.
  if (resourceType === 'Other' && url.endsWith('/favicon.ico')) {
    await refuse('Aborted')
    return
  }
  const cancelled = await isCancelled({
    id: ++lastId,
    url,
    method: request.method,
    resourceType:
      resourceType === 'Document' && paused.frameId !== frame.frameId
        ? 'subFrame'
        : (resourceTypes[resourceType] ?? 'other'),
    webContentsId: contents.id,
    timestamp: Date.now(),
  })
  if (cancelled) {
    host.record('request-cancelled', { url })
    await refuse('BlockedByClient')
    return
  }
  const scheme = url.split(':')[0] ?? ''
  if (!host.schemes.has(scheme)) await session.send('Fetch.continueRequest', { requestId })
  else await serve(session, paused, url, scheme)
}

function isPrevented(
  contents: HostContents,
  frame: MainFrame,
  { frameId, request }: PausedRequest,
  url: string,
): boolean {
  const isMainFrame = frameId === frame.frameId
  if (isMainFrame && (frame.takeOwnNavigation() || request.url === toWire(frame.url))) return false
  const details = event({
    url,
    isSameDocument: false,
    isMainFrame,
    frame: isMainFrame ? contents.mainFrame : null,
  })
  // Chromium begins to load before it asks (FrameTreeNode::CreatedNavigationRequest).
  if (isMainFrame) contents.emit('did-start-loading', {})
  contents.emit('will-frame-navigate', details)
  if (isMainFrame && !details.defaultPrevented) contents.emit('will-navigate', details, url, false, true)
  if (isMainFrame && details.defaultPrevented) contents.emit('did-stop-loading', {})
  return details.defaultPrevented
}

/** A Request with the app's address, which Node's own Request does not accept with all properties. */
function requestFor(url: string, { request }: PausedRequest): Request {
  const { method, headers } = request
  const body = request.hasPostData && request.postData !== undefined ? { body: request.postData } : {}
  const shown = new Request(toWire(url), { method, headers, ...body })
  return new Proxy(shown, {
    get(target, member): unknown {
      if (member === 'url') return url
      const value: unknown = Reflect.get(target, member, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

async function serve(session: Session, paused: PausedRequest, url: string, scheme: string): Promise<void> {
  const { requestId } = paused
  try {
    const handler = host.protocols.get(scheme)
    if (!handler) throw new Error(`no handler for ${scheme}:`)
    const response = await handler(requestFor(url, paused))
    if (!(response instanceof Response))
      throw new TypeError('protocol.handle: the handler returned no Response')
    if (response.type === 'error') throw new Error('the handler returned Response.error()')
    const body = Buffer.from(await response.arrayBuffer()).toString('base64')
    const responseHeaders = [...response.headers].map(([name, value]) => ({ name, value }))
    await session.send('Fetch.fulfillRequest', {
      requestId,
      responseCode: response.status,
      responseHeaders,
      body,
    })
  } catch (error) {
    host.record('protocol-error', { url, message: String(error) })
    await session.send('Fetch.failRequest', { requestId, errorReason: 'Failed' })
  }
}

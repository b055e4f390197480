import type { Session } from '../cdp.ts'
import { isolatedWorld } from './page.ts'
import { answerRequest } from './requests.ts'
import { complain, host, theApp, theBrowser } from '../state.ts'
import { defaultSession } from '../session.ts'
import { event, strict } from '../strict.ts'
import { answerPaused } from './sync-calls.ts'
import { fromWire } from '../urls.ts'
import type { FromPreload, HostContents } from '../shapes.ts'

type Facts<T> = (facts: T) => void

/** Converts Chromium's events of a page to Electron's. */
export function watchPage(contents: HostContents, session: Session): void {
  const listen = <T>(name: string, listener: Facts<T>) => session.on(name, listener)
  watchTarget(contents)
  watchDownloads(contents)
  watchWorlds(contents, listen)
  watchLoading(contents, session, listen)

  listen<Parameters<typeof answerPaused>[3]>('Debugger.paused', (paused) => {
    void answerPaused(contents, session, contents._wire, paused)
  })
  listen<Parameters<typeof answerRequest>[3]>('Fetch.requestPaused', (paused) => {
    const frame = {
      frameId: contents._frameId,
      url: contents._url,
      takeOwnNavigation: () => takeOwnNavigation(contents),
    }
    answerRequest(contents, session, frame, paused).catch((error: unknown) => {
      if (!contents._destroyed) complain(error)
    })
  })
  // window.open is replaced in the page (world-scripts.ts); links with a target are handled here.
  listen<{ url: string; windowName: string }>('Page.windowOpen', ({ url, windowName }) =>
    contents._opened(fromWire(url), windowName),
  )
}

interface Download {
  readonly frameId: string
  readonly url: string
  readonly suggestedFilename: string
}

function watchDownloads(contents: HostContents): void {
  theBrowser().root.on('Browser.downloadWillBegin', ({ frameId, url, suggestedFilename }: Download) => {
    if (frameId !== contents._frameId) return
    const download = event()
    const item = strict('downloadItem', { getURL: () => fromWire(url), getFilename: () => suggestedFilename })
    defaultSession.emit('will-download', download, item, contents)
    if (!download.defaultPrevented) complain(`the download of ${url} was allowed, which is not emulated`)
  })
}

function takeOwnNavigation(contents: HostContents): boolean {
  const own = contents._ownNavigation
  contents._ownNavigation = false
  return own
}

function watchTarget(contents: HostContents): void {
  const { root } = theBrowser()
  const mine = ({ targetId }: { targetId: string }) => targetId === contents._targetId
  root.on('Target.targetDestroyed', (target: { targetId: string }) => {
    if (mine(target)) contents._gone()
  })
  root.on('Target.targetCrashed', (target: { targetId: string }) => {
    if (!mine(target)) return
    contents._crashed = true
    const details = { reason: 'crashed', exitCode: 1 }
    contents.emit('render-process-gone', event(), details)
    theApp().emit('render-process-gone', event(), contents, details)
  })
  // Pages that a link opens anyway are closed again.
  root.on(
    'Target.targetCreated',
    ({ targetInfo }: { targetInfo: { openerId?: string; targetId: string } }) => {
      if (targetInfo.openerId !== contents._targetId) return
      root.send('Target.closeTarget', { targetId: targetInfo.targetId }).catch(() => undefined)
    },
  )
}

type Listen = <T>(name: string, listener: Facts<T>) => void

interface ConsoleCall {
  readonly type: string
  readonly args: readonly { readonly value?: unknown; readonly description?: string }[]
}

function watchWorlds(contents: HostContents, listen: Listen): void {
  interface Created {
    readonly context: {
      readonly id: number
      readonly name: string
      readonly auxData?: { readonly frameId: string }
    }
  }
  listen<Created>('Runtime.executionContextCreated', ({ context }) => {
    if (context.auxData?.frameId === contents._frameId && context.name === isolatedWorld) {
      contents._isolatedContext = context.id
    }
  })
  listen<{ executionContextId: number }>('Runtime.executionContextDestroyed', ({ executionContextId }) => {
    if (executionContextId === contents._isolatedContext) contents._isolatedContext = undefined
  })
  listen('Runtime.executionContextsCleared', () => {
    contents._isolatedContext = undefined
  })
  interface Called {
    readonly name: string
    readonly payload: string
    readonly executionContextId: number
  }
  listen<Called>('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
    if (name !== contents._names.binding) return
    void contents._fromPreload(JSON.parse(payload) as FromPreload, executionContextId)
  })
  listen<ConsoleCall>('Runtime.consoleAPICalled', ({ type, args }) => {
    const message = args.map(({ value, description }) => String(value ?? description)).join(' ')
    contents.emit('console-message', { level: type, message, frame: contents.mainFrame })
  })
  interface Thrown {
    readonly exceptionDetails: {
      readonly text: string
      readonly exception?: { readonly description?: string }
    }
  }
  listen<Thrown>('Runtime.exceptionThrown', ({ exceptionDetails }) => {
    host.record('page-error', { text: exceptionDetails.exception?.description ?? exceptionDetails.text })
  })
}

function watchLoading(contents: HostContents, session: Session, listen: Listen): void {
  listen<{ frame: { url: string; parentId?: string } }>('Page.frameNavigated', ({ frame }) => {
    if (frame.parentId !== undefined) return
    contents._crashed = false
    contents._url = frame.url === 'about:blank' ? '' : fromWire(frame.url)
    contents.emit('did-navigate', {}, contents._url, 200, 'OK')
  })
  listen<{ frameId: string; loaderId: string; name: string }>(
    'Page.lifecycleEvent',
    ({ frameId, loaderId, name }) => {
      const load = contents._load
      if (frameId !== contents._frameId || load === undefined) return
      // This event can arrive before the response to Page.navigate, which contains the loader's id.
      if (name === 'init' && load.loaderId === undefined) load.loaderId = loaderId
      if (loaderId !== load.loaderId) return
      if (name === 'DOMContentLoaded') contents.emit('dom-ready', {})
      if (name === 'load') void loaded(contents, session)
    },
  )
}

async function loaded(contents: HostContents, session: Session): Promise<void> {
  const asked = session.send<{ result: { value?: string } }>('Runtime.evaluate', {
    expression: 'document.title',
  })
  const title = await asked.then(
    ({ result }) => result.value ?? '',
    () => '',
  )
  if (contents._destroyed) return
  if (title !== '' && title !== contents._title) {
    contents._title = title
    contents._window._titleChanged(title)
  }
  contents._load?.finish()
  contents._load = undefined
  contents.emit('did-finish-load', {})
  contents.emit('did-stop-loading', {})
  contents._window._ready()
}

import type { Session } from '../cdp.ts'
import { mainFrameOf } from './frame.ts'
import { invoke, receive } from '../ipc-main.ts'
import type { WebPreferences } from '../options.ts'
import { fitPage, openPage, preparePage, scriptsFor, settlePermissions, showAppearance } from './page.ts'
import { watchPage } from './page-events.ts'
import type { Delivery, FromPreload, HostContents, HostWindow, Load } from '../shapes.ts'
import { complain, host, theBrowser } from '../state.ts'
import { StrictEmitter } from '../strict.ts'
import { fromWire, originOf, toWire } from '../urls.ts'
import { makeWire } from './wire.ts'
import { secretNames } from './secret-names.ts'

const events =
  // emitted by the host
  'dom-ready did-finish-load did-stop-loading did-start-loading did-fail-load did-navigate will-navigate ' +
  'will-frame-navigate render-process-gone preload-error console-message ipc-message destroyed ' +
  // exist in Electron, but never occur here
  'will-redirect will-attach-webview did-attach-webview did-create-window unresponsive responsive context-menu ' +
  'before-input-event input-event zoom-changed devtools-opened devtools-closed did-frame-finish-load did-start-navigation ' +
  'did-navigate-in-page did-redirect-navigation will-prevent-unload page-favicon-updated certificate-error focus blur'

type OpenHandler = (details: object) => { readonly action: string }

/**
 * A page of Chromium as a window's contents: its lifecycle, its loads, and the messages between its preload
 * and main.
 */
export class PageContents extends StrictEmitter implements HostContents {
  readonly id: number
  readonly mainFrame: object = mainFrameOf(this)
  readonly _wire = makeWire()
  readonly _names = secretNames()
  readonly _window: HostWindow
  readonly _attached: Promise<Session>
  _frameId = ''
  _targetId = ''
  _isolatedContext: number | undefined
  _load: Load | undefined
  _url = ''
  _title = ''
  _ownNavigation = false
  _crashed = false
  _zoomFactor = 1
  _openHandler: OpenHandler = () => ({ action: 'allow' })
  readonly #preferences: WebPreferences

  constructor(window: HostWindow, id: number, preferences: WebPreferences) {
    super('webContents', events)
    this._window = window
    this.id = id
    this.#preferences = preferences
    host.contents.set(id, this)
    this._attached = this.#attach()
    this._attached.catch((error: unknown) => {
      if (!this._destroyed) complain('a window failed:', error)
    })
  }

  async #attach(): Promise<Session> {
    const scripts = this.#readScripts()
    const { session, targetId } = await openPage(this._window._size)
    this._targetId = targetId
    watchPage(this, session)
    this._frameId = await preparePage(session, this._names, scripts)
    await fitPage({ session, targetId }, this._window._size)
    await this.#showAppearanceIn(session)
    return session
  }

  #readScripts() {
    try {
      return scriptsFor(this._names, this.#preferences)
    } catch (error) {
      const { preload = '', ...others } = this.#preferences
      console.error(`Unable to load preload script: ${preload}\n`, error)
      queueMicrotask(() => this.emit('preload-error', {}, preload, error))
      return scriptsFor(this._names, others)
    }
  }

  #showAppearanceIn(session: Session): Promise<void> {
    const { _size: size, _backgroundColor: backgroundColor } = this._window
    return showAppearance(session, { zoomFactor: this._zoomFactor, backgroundColor, size })
  }

  /** Applies a changed theme, zoom or background to the page. */
  _showAppearance(): void {
    void this._attached.then((session) => this.#showAppearanceIn(session)).catch(() => undefined)
  }

  /** Applies a changed window size to the page. */
  _fit(): void {
    const size = this._window._size
    const fitted = this._attached.then((session) => fitPage({ session, targetId: this._targetId }, size))
    fitted.catch(() => undefined)
  }

  _opened(url: string, frameName: string): void {
    const referrer = { url: this._url, policy: 'default' }
    const details = { url, frameName, features: '', disposition: 'foreground-tab', referrer }
    const { action } = this._openHandler(details)
    host.record('window-open', { url, action })
    if (action !== 'deny') complain(`a new window for ${url} was allowed, which is not emulated`)
  }

  async _fromPreload(message: FromPreload, context: number): Promise<void> {
    if (message.k === 'open') return this._opened(fromWire(message.url), message.name)
    if (message.k === 'preload-error') return this.#preloadFailed(message.message)
    const values = this._wire.decode(message.args) as unknown[]
    if (message.k === 'send') return receive(this, message.channel, values)
    const { id, channel } = message
    const reply = await invoke(this, channel, values)
      .then((value): Delivery => ({ k: 'reply', id, value: this._wire.encode(value) }))
      .catch((error: unknown): Delivery => ({
        k: 'reply',
        id,
        error: `Error invoking remote method '${channel}': ${String(error)}`,
      }))
    await this._deliver(reply, context)
  }

  #preloadFailed(message: string): void {
    const { preload = '' } = this.#preferences
    console.error(`Unable to load preload script: ${preload}\n${message}`)
    host.record('preload-error', { message })
    this.emit('preload-error', {}, preload, new Error(message))
  }

  async _deliver(delivery: Delivery, context: number | undefined): Promise<void> {
    if (context === undefined) return host.record('message-lost', delivery)
    const functionDeclaration = `function (delivery) { this[${JSON.stringify(this._names.deliver)}](delivery) }`
    const call = { executionContextId: context, functionDeclaration, arguments: [{ value: delivery }] }
    // The page may have been closed in the meantime.
    await (await this._attached).send('Runtime.callFunctionOn', call).catch(() => undefined)
  }

  _gone(): void {
    if (this._destroyed) return
    host.contents.delete(this.id)
    this._load?.fail(new Error('ERR_ABORTED (-3)'))
    this._destroyed = true
    this.emit('destroyed')
    this._window._gone()
  }

  /** Closes the page without emitting `close`. */
  _destroyTarget(): void {
    const closed = this._attached.then(() =>
      theBrowser().root.send('Target.closeTarget', { targetId: this._targetId }),
    )
    closed.catch(() => this._gone())
  }

  send(channel: string, ...values: unknown[]): void {
    const args = this._wire.encode(values)
    void this._attached.then(() => this._deliver({ k: 'event', channel, args }, this._isolatedContext))
  }

  async loadURL(url: string): Promise<void> {
    const session = await this._attached
    await settlePermissions(this, originOf(url), new URL(toWire(url)).origin)
    this._load?.fail(new Error(`ERR_ABORTED (-3) loading '${url}'`))
    const done = Promise.withResolvers<void>()
    done.promise.catch(() => undefined)
    const load: Load = { loaderId: undefined, finish: done.resolve, fail: done.reject }
    this._load = load
    this._ownNavigation = true
    this.emit('did-start-loading', {})
    interface Navigated {
      readonly errorText?: string
      readonly loaderId?: string
    }
    const answer = await session.send<Navigated>('Page.navigate', { url: toWire(url) })
    if (answer.errorText !== undefined) {
      this.emit('did-fail-load', {}, -2, answer.errorText, url, true)
      throw new Error(`${answer.errorText.replace('net::', '')} (-2) loading '${url}'`)
    }
    load.loaderId ??= answer.loaderId
    return done.promise
  }

  async executeJavaScript(expression: string, userGesture = false): Promise<unknown> {
    const session = await this._attached
    const options = { expression, awaitPromise: true, returnByValue: true, userGesture }
    interface Evaluated {
      readonly result: { readonly value?: unknown }
      readonly exceptionDetails?: {
        readonly text: string
        readonly exception?: { readonly description?: string }
      }
    }
    const { result, exceptionDetails } = await session.send<Evaluated>('Runtime.evaluate', options)
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value
  }

  getLastWebPreferences(): WebPreferences {
    return this.#preferences
  }

  getURL(): string {
    return this._url
  }

  isDestroyed(): boolean {
    return this._destroyed
  }

  isFocused(): boolean {
    return this._window.isFocused()
  }
}

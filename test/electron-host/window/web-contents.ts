import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { nativeImage } from '../native-image.ts'
import type { NativeImage } from '../native-image.ts'
import { PageContents } from '../page/page-contents.ts'
import { useDefaultSession } from '../session.ts'
import { complain, host } from '../state.ts'
import { strict } from '../strict.ts'

/** Each zoom level is a factor of 1.2 (Electron, web-contents.md). */
const zoomStep = 1.2

/** The remaining members of Electron's `webContents`. */
export class WebContents extends PageContents {
  readonly session = useDefaultSession()

  loadFile(path: string): Promise<void> {
    return this.loadURL(pathToFileURL(resolve(host.appPath, path)).href)
  }

  reload(): void {
    this.loadURL(this._url).catch((error: unknown) => complain('reloading failed:', error))
  }

  getTitle(): string {
    return this._title
  }

  getType(): string {
    return 'window'
  }

  isLoading(): boolean {
    return this._load !== undefined
  }

  isCrashed(): boolean {
    return this._crashed
  }

  forcefullyCrashRenderer(): void {
    // A crashed page does not reply.
    void this._attached.then((session) => session.send('Page.crash')).catch(() => undefined)
  }

  focus(): void {
    this._window.focus()
  }

  setWindowOpenHandler(handler: (details: object) => { readonly action: string }): void {
    this._openHandler = handler
  }

  /** Without effect: Chromium's DevTools can't change it for a page. */
  setWebRTCIPHandlingPolicy(policy: string): void {
    host.record('webrtc-ip-handling-policy', { policy })
  }

  async capturePage(): Promise<NativeImage> {
    const session = await this._attached
    const { data } = await session.send<{ data: string }>('Page.captureScreenshot', { format: 'png' })
    return nativeImage.createFromBuffer(Buffer.from(data, 'base64'))
  }

  openDevTools(): void {
    host.record('open-devtools')
  }

  closeDevTools(): void {
    host.record('close-devtools')
  }

  isDevToolsOpened(): boolean {
    return false
  }

  getZoomFactor(): number {
    return this._zoomFactor
  }

  setZoomFactor(factor: number): void {
    this._zoomFactor = factor
    this._showAppearance()
  }

  getZoomLevel(): number {
    return Math.log(this._zoomFactor) / Math.log(zoomStep)
  }

  setZoomLevel(level: number): void {
    this.setZoomFactor(zoomStep ** level)
  }

  close(): void {
    this._window.close()
  }
}

export const webContents = strict('webContents', {
  getAllWebContents: () => [...host.contents.values()],
  getFocusedWebContents: () => [...host.contents.values()].find((contents) => contents.isFocused()) ?? null,
  fromId: (id: number) => host.contents.get(id),
  // Playwright calls this to find the window of a page.
  fromDevToolsTargetId: (id: string) =>
    [...host.contents.values()].find((contents) => contents._targetId === id),
})

import { readFileSync } from 'node:fs'
import type { Session } from '../cdp.ts'
import { emptyApp } from '../chromium.ts'
import { colourScheme } from '../native-theme.ts'
import type { WebPreferences } from '../options.ts'
import { isGranted } from '../session.ts'
import { isPreview } from '../preview/is-preview.ts'
import { theBrowser } from '../state.ts'
import type { HostContents } from '../shapes.ts'
import { worldScripts } from './world-scripts.ts'
import type { SecretNames } from './secret-names.ts'

/** Electron's name for the preload's world. */
export const isolatedWorld = 'Electron Isolated Context'

export interface Page {
  readonly session: Session
  readonly targetId: string
  readonly frameId: string
}

interface Size {
  readonly width: number
  readonly height: number
}

/** Opens an empty page of Chromium and a session for it. */
export async function openPage(size: Size): Promise<{ session: Session; targetId: string }> {
  const { root, connection, browserContextId } = theBrowser()
  const target = { url: 'about:blank', newWindow: true, browserContextId, ...size }
  const targetId =
    (isPreview ? await emptyWindow(root) : undefined) ??
    (await root.send<{ targetId: string }>('Target.createTarget', target)).targetId
  const attached = await root.send<{ sessionId: string }>('Target.attachToTarget', {
    targetId,
    flatten: true,
  })
  return { session: connection.session(attached.sessionId), targetId }
}

/** The window with which the preview's Chromium has started. */
async function emptyWindow(root: Session): Promise<string | undefined> {
  interface Targets {
    readonly targetInfos: readonly { readonly targetId: string; readonly url: string }[]
  }
  const { targetInfos } = await root.send<Targets>('Target.getTargets')
  return targetInfos.find(({ url }) => url === emptyApp)?.targetId
}

/**
 * Prepares the page before anything is loaded: domains, interception, and the scripts of both worlds.
 * @returns its main frame
 */
export async function preparePage(session: Session, names: SecretNames, scripts: Scripts): Promise<string> {
  for (const domain of ['Page', 'Runtime', 'DOM', 'Debugger']) await session.send(`${domain}.enable`)
  const { frameTree } = await session.send<{ frameTree: { frame: { id: string } } }>('Page.getFrameTree')
  await session.send('Page.setLifecycleEventsEnabled', { enabled: true })
  await session.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] })
  await session.send('Page.addScriptToEvaluateOnNewDocument', { source: scripts.page })
  await session.send('Runtime.addBinding', { name: names.binding, executionContextName: isolatedWorld })
  await session.send('Page.addScriptToEvaluateOnNewDocument', {
    source: scripts.isolated,
    worldName: isolatedWorld,
  })
  return frameTree.frame.id
}

interface Scripts {
  readonly page: string
  readonly isolated: string
}

/**
 * The scripts of both worlds for a window's preferences.
 * @throws if its preload cannot be read
 */
export function scriptsFor(
  names: SecretNames,
  { preload, additionalArguments = [] }: WebPreferences,
): Scripts {
  const source = preload === undefined ? '' : readFileSync(preload, 'utf8')
  return worldScripts(names, source, {
    type: 'renderer',
    sandboxed: true,
    contextIsolated: true,
    platform: process.platform,
    arch: process.arch,
    versions: process.versions,
    env: { ...process.env },
    argv: additionalArguments,
    execPath: process.execPath,
  })
}

/** Sets the size of the page itself, without Chromium's frame, to that of the window. */
export async function fitPage(
  page: Pick<Page, 'session' | 'targetId'>,
  { width, height }: Size,
): Promise<void> {
  const { root } = theBrowser()
  const { result } = await page.session.send<{ result: { value: [number, number] } }>('Runtime.evaluate', {
    expression: '[outerWidth - innerWidth, outerHeight - innerHeight]',
    returnByValue: true,
  })
  const { windowId } = await root.send<{ windowId: number }>('Browser.getWindowForTarget', {
    targetId: page.targetId,
  })
  const [frameWidth, frameHeight] = result.value
  const bounds = { width: width + frameWidth, height: height + frameHeight }
  await root.send('Browser.setWindowBounds', { windowId, bounds })
}

export interface Appearance {
  readonly zoomFactor: number
  readonly backgroundColor: string | undefined
  readonly size: Size
}

/** Applies the window's theme, zoom and background colour. */
export async function showAppearance(session: Session, appearance: Appearance): Promise<void> {
  const { zoomFactor, backgroundColor, size } = appearance
  await session.send('Emulation.setEmulatedMedia', {
    features: [{ name: 'prefers-color-scheme', value: colourScheme() }],
  })
  const color = backgroundColor === undefined ? undefined : channelsOf(backgroundColor)
  await session.send('Emulation.setDefaultBackgroundColorOverride', color ? { color } : {})
  if (zoomFactor === 1) await session.send('Emulation.clearDeviceMetricsOverride')
  else {
    await session.send('Emulation.setDeviceMetricsOverride', {
      width: Math.round(size.width / zoomFactor),
      height: Math.round(size.height / zoomFactor),
      deviceScaleFactor: zoomFactor,
      mobile: false,
    })
  }
}

/** Parses `#rgb`, `#rrggbb`, or Electron's `#aarrggbb`. */
function channelsOf(colour: string): { r: number; g: number; b: number; a: number } {
  const found =
    /^#(?:([0-9a-f]{2})?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})|([0-9a-f])([0-9a-f])([0-9a-f]))$/i.exec(
      colour,
    )
  if (!found) throw new Error(`electron-host: the colour ${colour} is not emulated`)
  const [, alpha = 'ff', red, green, blue, r, g, b] = found
  const channel = (long: string | undefined, short: string | undefined) =>
    Number.parseInt(long ?? `${short}${short}`, 16)
  return {
    r: channel(red, r),
    g: channel(green, g),
    b: channel(blue, b),
    a: Number.parseInt(alpha, 16) / 255,
  }
}

/** Electron's names of the permissions and those of the DevTools protocol. */
const permissions: Readonly<Record<string, readonly string[]>> = {
  notifications: ['notifications'],
  geolocation: ['geolocation'],
  media: ['camera', 'microphone'],
  midi: ['midi'],
  'clipboard-read': ['clipboard-read'],
  'idle-detection': ['idle-detection'],
  'persistent-storage': ['persistent-storage'],
}

/**
 * Applies the results of the app's permission handlers to Chromium before the page can request a permission.
 */
export async function settlePermissions(
  contents: HostContents,
  origin: string,
  wireOrigin: string,
): Promise<void> {
  const { root, browserContextId } = theBrowser()
  for (const [permission, chromiumNames] of Object.entries(permissions)) {
    const setting = (await isGranted(contents, permission, origin)) ? 'granted' : 'denied'
    for (const name of chromiumNames) {
      await root.send('Browser.setPermission', {
        origin: wireOrigin,
        permission: { name },
        setting,
        browserContextId,
      })
    }
  }
}

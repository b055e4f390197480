import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'
import { Connection } from './cdp.ts'
import type { Session } from './cdp.ts'
import { startChromium } from './chromium.ts'

export interface Browser {
  readonly connection: Connection
  readonly root: Session
  /** DevTools address, through which Playwright finds the pages. */
  readonly url: string
  readonly chromeVersion: string
  /** The browser context of the app's pages; undefined is Chromium's default one. */
  readonly browserContextId: string | undefined
}

/** The value of `ELECTRON_HOST_BROWSER`, as JSON: a running Chromium that apps use one after the other. */
export interface SharedChromium {
  readonly url: string
  readonly switches: readonly string[]
}

/**
 * Connects to the shared Chromium if there is one with the same switches, else starts one for this process
 * only.
 */
export async function openBrowser(switches: readonly string[]): Promise<Browser> {
  const shared = sharedChromium()
  return shared && String(shared.switches) === String(switches)
    ? openShared(shared.url)
    : openOwn((await startChromium(switches)).url)
}

function sharedChromium(): SharedChromium | undefined {
  const text = process.env['ELECTRON_HOST_BROWSER']
  return text ? (JSON.parse(text) as SharedChromium) : undefined
}

async function openOwn(url: string): Promise<Browser> {
  const connection = await Connection.open(url)
  return prepared(connection, { url, browserContextId: undefined })
}

/** The app's pages and all that they store end with the connection, even if this process is killed. */
async function openShared(url: string): Promise<Browser> {
  const connection = await Connection.open(url)
  await untilPagesAreGone(connection.root)
  const { browserContextId } = await connection.root.send<{ browserContextId: string }>(
    'Target.createBrowserContext',
    { disposeOnDetach: true },
  )
  return prepared(connection, { url: await openTunnel(url), browserContextId })
}

async function prepared(
  connection: Connection,
  { url, browserContextId }: Pick<Browser, 'url' | 'browserContextId'>,
): Promise<Browser> {
  const { root } = connection
  const { product } = await root.send<{ product: string }>('Browser.getVersion')
  await root.send('Target.setDiscoverTargets', { discover: true })
  // Nothing is saved; `will-download` is emitted in page-events.ts.
  await root.send('Browser.setDownloadBehavior', { behavior: 'deny', eventsEnabled: true, browserContextId })
  return { connection, root, url, chromeVersion: product.split('/')[1] ?? product, browserContextId }
}

/**
 * The pages of a killed app close shortly after it. Playwright would take them for pages of this app.
 * @throws if an app still runs after `goneLimitMs`: only one can use the shared Chromium at a time
 */
async function untilPagesAreGone(root: Session): Promise<void> {
  await root.send('Target.setDiscoverTargets', { discover: true })
  const limit = AbortSignal.timeout(goneLimitMs)
  for (;;) {
    const gone = once(root, 'Target.targetDestroyed', { signal: limit })
    gone.catch(() => undefined)
    const { targetInfos } = await root.send<{ targetInfos: Target[] }>('Target.getTargets')
    // The default context has no app; Chromium may have pages of its own there.
    const { browserContextIds } = await root.send<{ browserContextIds: string[] }>(
      'Target.getBrowserContexts',
    )
    const pages = targetInfos.filter(
      ({ type, browserContextId }) => type === 'page' && browserContextIds.includes(browserContextId ?? ''),
    )
    if (pages.length === 0) return
    await gone.catch(() => {
      throw new Error(`electron-host: another app still has ${pages.map(({ url }) => url).join()}`)
    })
  }
}

interface Target {
  readonly type: string
  readonly url: string
  readonly browserContextId?: string
}

const goneLimitMs = 10_000

/**
 * Another address of the same Chromium. Its connections end with this process, as those of a Chromium of its
 * own would: Playwright takes that for the end of the app.
 */
async function openTunnel(url: string): Promise<string> {
  const { hostname, port, pathname } = new URL(url)
  const server = createServer({ noDelay: true }, (inbound) => {
    const outbound = connect({ host: hostname, port: Number(port), noDelay: true })
    pipeline(inbound, outbound, inbound, () => undefined)
  })
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`
}

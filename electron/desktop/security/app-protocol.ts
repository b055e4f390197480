import { protocol } from 'electron'
import { readFile } from 'node:fs/promises'
import type { Log } from '../../platform/environment.ts'
import { pageFile, pageHeaders } from './content-security-policy.ts'
import { pageScheme } from './ipc-sender.ts'

/** Must be called before `ready`: Electron accepts privileged schemes only until then. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: pageScheme,
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ])
}

/** Serves the built page from `root` as `app://ui/…`. Uses `node:fs`, which can also read asar archives. */
export function setupAppProtocol(root: string, log: Log): void {
  protocol.handle(pageScheme, async ({ url, method }) => {
    const file = method === 'GET' || method === 'HEAD' ? pageFile(url, root) : null
    if (file === null) {
      log.warn('the page requested an unknown file', { url: url.slice(0, 200), method })
      return new Response('not found', { status: 404, headers: pageHeaders('.txt') })
    }
    try {
      return new Response(new Uint8Array(await readFile(file)), { headers: pageHeaders(file) })
    } catch (error) {
      log.warn('a file of the page could not be read', { file, error })
      return new Response('not found', { status: 404, headers: pageHeaders('.txt') })
    }
  })
}

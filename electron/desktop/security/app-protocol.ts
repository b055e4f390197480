import { protocol } from 'electron'
import { readFile } from 'node:fs/promises'
import type { Log } from '../../platform/environment.ts'
import { pageFile, pageHeaders } from './page-files.ts'
import { pageScheme } from './ipc-sender.ts'

/** Must be called before `ready`: a scheme gets its privileges then or never. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: pageScheme,
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ])
}

/** Serves the built page from `root` as `app://ui/…`. It is read by `node:fs`, which sees into an asar archive as well. */
export function setupAppProtocol(root: string, log: Log): void {
  protocol.handle(pageScheme, async ({ url, method }) => {
    const file = method === 'GET' || method === 'HEAD' ? pageFile(url, root) : null
    if (file === null) {
      log.warn('the page asked for something that it has not', { url, method })
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

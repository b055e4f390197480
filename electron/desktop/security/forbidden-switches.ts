import { app } from 'electron'

/**
 * Chromium's switches with which another program could control the page, run code in the app, read what it sends
 * or weaken certificates and the page's isolation. Node's own (`--inspect`) are disabled by fuses.
 */
const forbidden = [
  'remote-debugging-port',
  'remote-debugging-pipe',
  'remote-debugging-address',
  'remote-allow-origins',
  'js-flags',
  'host-rules',
  'host-resolver-rules',
  'ignore-certificate-errors',
  'ignore-certificate-errors-spki-list',
  'allow-insecure-localhost',
  'disable-web-security',
  'load-extension',
  'log-net-log',
  'ssl-key-log-file',
  'browser-subprocess-path',
  'renderer-cmd-prefix',
  'utility-cmd-prefix',
  'gpu-launcher',
] as const

/**
 * The switch with which a package must not start, or null. To be asked before `ready`: Electron opens the debugging
 * port after the main module has run, but reads `--js-flags` before, so removing switches wouldn't be enough.
 */
export function forbiddenSwitch(): string | null {
  if (!app.isPackaged) return null
  const name = forbidden.find((candidate) => app.commandLine.hasSwitch(candidate))
  return name === undefined ? null : `--${name}`
}

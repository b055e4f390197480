import { existsSync } from 'node:fs'
import process from 'node:process'
import { chromium } from 'playwright'
import { sandboxSwitches } from '../../electron-host/sandbox.ts'

/** Chromium's locations on common distributions, most common first. */
const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** Chromium: `MODELFERRY_CHROMIUM` if set, else the system's, else the one that Playwright downloaded, if any. */
export function findChromium(): string | undefined {
  const places = [...usualPlaces, chromium.executablePath()]
  return process.env['MODELFERRY_CHROMIUM'] ?? places.find((place) => existsSync(place))
}

/**
 * Chromium for pages without a window: its headless shell if it is installed, because an app starts with a third
 * less CPU time on it, else `findChromium()`. Debian's script in `/usr/bin` would not end the program with it.
 */
export function findHeadlessChromium(): string | undefined {
  const shell = '/usr/lib/chromium/chromium-headless-shell'
  return process.env['MODELFERRY_CHROMIUM'] ?? (existsSync(shell) ? shell : findChromium())
}

/** Playwright's launch options. */
export function chromiumLaunchOptions(): { executablePath?: string; args: string[] } {
  const path = findHeadlessChromium()
  return { ...(path === undefined ? {} : { executablePath: path }), args: sandboxSwitches() }
}

import { existsSync } from 'node:fs'
import process from 'node:process'

/** Where distributions and Google put Chromium, most common first. */
const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** The system's Chromium: `MODELFERRY_CHROMIUM` when it is set, else the first one found, else undefined. */
export function findChromium(): string | undefined {
  return process.env['MODELFERRY_CHROMIUM'] ?? usualPlaces.find((place) => existsSync(place))
}

/** Playwright's launch options for it; without one in the usual places Playwright looks for its own. */
export function chromiumLaunchOptions(): { executablePath?: string; args: string[] } {
  const path = findChromium()
  return { ...(path === undefined ? {} : { executablePath: path }), args: chromiumArguments() }
}

/** Chromium refuses to start its sandbox as root; everybody else keeps it. */
function chromiumArguments(): string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : []
}

import * as v from 'valibot'
import { call, id, nothing, type CallTable } from './call.ts'
import { settingsChange, type Settings } from './settings.ts'
import type { AppInfo } from './app-info.ts'

/** What only the shell can do. */
export const desktopCalls = {
  surroundings: call<AppInfo>()('desktop', nothing),
  settings: call<Settings>()('desktop', nothing),
  changeSettings: call<Settings>()('desktop', settingsChange),

  showInFolder: call<void>()('desktop', v.strictObject({ id })),
  copyText: call<void>()('desktop', v.strictObject({ text: v.pipe(v.string(), v.maxLength(10_000)) })),
  /** Opens one of the app's own addresses in the browser. The page names it, main holds the address. */
  openPage: call<void>()(
    'desktop',
    v.strictObject({ page: v.picklist(['web-app', 'documentation', 'licences', 'pairing']) }),
  ),
  /** Asks the keychain again, after the person has unlocked it; sign-ins that it kept all along are back. */
  recheckKeychain: call<void>()('desktop', nothing),
  quit: call<void>()('desktop', nothing),
} satisfies CallTable

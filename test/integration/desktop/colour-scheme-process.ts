// Runs with its own session bus and a fake desktop portal. Prints each reported scheme, one word per line.
import process from 'node:process'
import { watchColourScheme } from '../../../electron/desktop/tray/colour-scheme.ts'
import { fakeMethod, variant } from '../../support/fake-bus.ts'

const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
const portal = {
  name: 'org.freedesktop.portal.Desktop',
  interface: 'org.freedesktop.portal.Settings',
  path: '/org/freedesktop/portal/desktop',
  member: 'Read',
  inSignature: 'ss',
}
let changeReported = Promise.withResolvers<void>()
// `Read` wraps its answer in two variants, signals in one.
const service = await fakeMethod(portal, 'v', () => variant('v', variant('u', 1)))
// The opposite of what the portal reports next.
let isFallbackDark = false
const colours = watchColourScheme({ platform: 'linux', fallback: () => isFallbackDark, log })
const print = () => void process.stdout.write(colours.isDark() ? 'dark\n' : 'light\n')
colours.onChange(() => {
  print()
  changeReported.resolve()
})
print()
await changeReported.promise
const changed = (key: string, value: number) =>
  service.signal('SettingChanged', 'ssv', ['org.freedesktop.appearance', key, variant('u', value)])
async function applyAndWait(scheme: number): Promise<void> {
  changeReported = Promise.withResolvers()
  changed('color-scheme', scheme)
  await changeReported.promise
}
isFallbackDark = true
changed('accent-color', 2)
await applyAndWait(2)
// Without a preference the fallback counts.
await applyAndWait(0)
await applyAndWait(2)
isFallbackDark = false
await applyAndWait(0)
process.exit(0)

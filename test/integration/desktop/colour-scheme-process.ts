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
const colours = watchColourScheme({ platform: 'linux', fallback: () => false, log })
colours.onChange(() => {
  process.stdout.write(colours.isDark() ? 'dark\n' : 'light\n')
  changeReported.resolve()
})
process.stdout.write(colours.isDark() ? 'dark\n' : 'light\n')
await changeReported.promise
changeReported = Promise.withResolvers()
const changed = (key: string, value: number) =>
  service.signal('SettingChanged', 'ssv', ['org.freedesktop.appearance', key, variant('u', value)])
changed('accent-color', 2)
changed('color-scheme', 2)
await changeReported.promise
process.exit(0)

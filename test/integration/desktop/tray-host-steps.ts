// Runs in a session of its own and plays the desktop: with or without a tray from the start, or one that comes and goes.
// Prints what was found, one word a line.
import process from 'node:process'
import { watchTrayHost } from '../../../electron/desktop/tray-host.ts'
import { fakeService } from '../../support/fake-bus.ts'

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const say = (found: boolean) => process.stdout.write(`${found ? 'tray' : 'none'}\n`)

function openTray(hasHost = true) {
  const watcher = 'org.kde.StatusNotifierWatcher'
  return fakeService(watcher, {
    '/StatusNotifierWatcher': { [watcher]: { IsStatusNotifierHostRegistered: ['b', hasHost] } },
  })
}

const [desktop] = process.argv.slice(2)
const first = desktop === 'with-tray' ? await openTray() : null
if (desktop === 'with-watcher-alone') await openTray(false)
const host = watchTrayHost('linux', silent)
let heard = Promise.withResolvers<void>()
host.onChange((isThere) => {
  say(isThere)
  heard.resolve()
})
say(await host.isThere())
if (desktop === 'comes-and-goes') {
  const tray = await openTray()
  await heard.promise
  heard = Promise.withResolvers<void>()
  tray.end()
  await heard.promise
}
first?.end()
process.exit(0)

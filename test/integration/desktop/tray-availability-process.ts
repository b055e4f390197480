// Runs with its own session bus, a fake desktop and an icon: without a usable tray, or with one that stops. Prints
// each reported state, one word per line.
import process from 'node:process'
import { watchTrayAvailability } from '../../../electron/desktop/tray/tray-availability.ts'
import { registerIcon } from '../../electron-host/status-notifier.ts'
import { fakeMethod, openPanel } from '../../support/fake-bus.ts'

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const write = (word: string) => void process.stdout.write(`${word}\n`)
const report = (isAvailable: boolean) => write(isAvailable ? 'tray' : 'none')

/** A manual timer for the removal delay; others fire at once. */
let delayStarted = Promise.withResolvers<() => void>()
const timers = {
  after(delayMs: number, endDelay: () => void) {
    if (delayMs === 30_000) delayStarted.resolve(endDelay)
    else setImmediate(endDelay)
    return () => write('delay ended')
  },
}
async function removalDelayStarted(): Promise<() => void> {
  const endDelay = await delayStarted.promise
  delayStarted = Promise.withResolvers()
  write('delay started')
  return endDelay
}

const [desktop] = process.argv.slice(2)
if (desktop === 'with-watcher-alone') await openPanel({ hasHost: false })
if (desktop === 'icon-refused') await openPanel({ acceptsIcons: false })
registerIcon()
const availability = watchTrayAvailability('linux', timers, silent)
let changeReported = Promise.withResolvers<void>()
async function changed(hasPanel: boolean): Promise<void> {
  if (hasPanel) registerIcon()
  report(await availability.isAvailable())
  changeReported.resolve()
  changeReported = Promise.withResolvers()
}
availability.onChange((hasPanel) => void changed(hasPanel))
report(await availability.isAvailable())
async function startPanel() {
  const reported = changeReported.promise
  const tray = await openPanel()
  await reported
  return tray
}
if (desktop === 'restarts') {
  const tray = await startPanel()
  tray.end()
  await removalDelayStarted()
  await startPanel()
}
if (desktop === 'locked') {
  const tray = await startPanel()
  let isLocked = true
  const screenSaver = { name: 'org.gnome.ScreenSaver', path: '/org/gnome/ScreenSaver', member: 'GetActive' }
  await fakeMethod(screenSaver, 'b', () => isLocked)
  tray.end()
  const endDelay = await removalDelayStarted()
  endDelay()
  const endSecondDelay = await removalDelayStarted()
  isLocked = false
  const reported = changeReported.promise
  endSecondDelay()
  await reported
}
process.exit(0)

// Runs with its own session bus and a fake desktop: with or without a tray, or with one that starts and
// stops. Prints each reported state, one word per line.
import process from 'node:process'
import { watchTrayAvailability } from '../../../electron/desktop/tray/tray-availability.ts'
import { fakeMethod, openPanel } from '../../support/fake-bus.ts'

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const write = (word: string) => void process.stdout.write(`${word}\n`)
const report = (isAvailable: boolean) => write(isAvailable ? 'tray' : 'none')

/** A manual timer for the removal delay. */
let delayStarted = Promise.withResolvers<() => void>()
const timers = {
  after(delayMs: number, endDelay: () => void) {
    if (delayMs === 30_000) delayStarted.resolve(endDelay)
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
const initialPanel = desktop === 'with-tray' ? await openPanel() : null
if (desktop === 'with-watcher-alone') await openPanel(false)
const availability = watchTrayAvailability('linux', timers, silent)
let changeReported = Promise.withResolvers<void>()
availability.onChange((isAvailable) => {
  report(isAvailable)
  changeReported.resolve()
  changeReported = Promise.withResolvers()
})
report(await availability.isAvailable())
async function startPanel() {
  const reported = changeReported.promise
  const tray = await openPanel()
  await reported
  return tray
}
async function removePanel(tray: { end(): void }): Promise<void> {
  tray.end()
  const endDelay = await removalDelayStarted()
  const reported = changeReported.promise
  endDelay()
  await reported
}

if (desktop === 'starts-and-stops') await removePanel(await startPanel())
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
initialPanel?.end()
process.exit(0)

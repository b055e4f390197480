// Runs in a session of its own and plays the desktop: with or without a tray from the start, or one that comes and goes.
// Prints what was found, one word a line.
import process from 'node:process'
import { removalDelayMs, watchTrayAvailability } from '../../../electron/desktop/tray/tray-availability.ts'
import { fakeMethod, openPanel } from '../../support/fake-bus.ts'

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const write = (word: string) => void process.stdout.write(`${word}\n`)
const say = (found: boolean) => write(found ? 'tray' : 'none')

/** Time that stands still: a doubt is told when it begins, and lasts until it is over or called off. */
let begun = Promise.withResolvers<() => void>()
const timers = {
  after(delayMs: number, fire: () => void) {
    if (delayMs === removalDelayMs) begun.resolve(fire)
    return () => write('doubt over')
  },
}
async function doubtBegins(): Promise<() => void> {
  const fire = await begun.promise
  begun = Promise.withResolvers()
  write('doubt')
  return fire
}

const [desktop] = process.argv.slice(2)
const first = desktop === 'with-tray' ? await openPanel() : null
if (desktop === 'with-watcher-alone') await openPanel(false)
const host = watchTrayAvailability('linux', timers, silent)
let heard = Promise.withResolvers<void>()
host.onChange((isThere) => {
  say(isThere)
  heard.resolve()
  heard = Promise.withResolvers()
})
say(await host.isAvailable())
async function comes() {
  const told = heard.promise
  const tray = await openPanel()
  await told
  return tray
}
async function goesForGood(tray: { end(): void }): Promise<void> {
  tray.end()
  const fire = await doubtBegins()
  const told = heard.promise
  fire()
  await told
}

if (desktop === 'comes-and-goes') await goesForGood(await comes())
if (desktop === 'comes-back') {
  const tray = await comes()
  tray.end()
  await doubtBegins()
  await comes()
}
if (desktop === 'is-locked') {
  const tray = await comes()
  let isLocked = true
  const saver = { name: 'org.gnome.ScreenSaver', path: '/org/gnome/ScreenSaver', member: 'GetActive' }
  await fakeMethod(saver, 'b', () => isLocked)
  tray.end()
  const fire = await doubtBegins()
  fire()
  const fireAgain = await doubtBegins()
  isLocked = false
  const told = heard.promise
  fireAgain()
  await told
}
first?.end()
process.exit(0)

import { expect, test } from 'vitest'
import type { Patch } from '../../../../electron/contract/uploads.ts'
import { createPageFeed } from '../../../../electron/desktop/window/page-feed.ts'

function patch(sequence: number): Patch {
  const totals = {
    running: 0,
    waiting: 0,
    needsYou: 0,
    paused: 0,
    registeredToday: 0,
    totalBytes: 0,
    movedBytes: 0,
    bytesPerSecond: null,
    secondsLeft: null,
  }
  return { sequence, changed: [], removed: [], totals, allPaused: false, line: 'ok' }
}

function setup() {
  const said: string[] = []
  let isVisible = true
  const feed = createPageFeed({
    send(name, value) {
      said.push(
        typeof value === 'object' && 'sequence' in value
          ? `${name} ${value.sequence}`
          : `${name} ${JSON.stringify(value)}`,
      )
      return true
    },
    isWindowVisible: () => isVisible,
  })
  return {
    said,
    feed,
    look(now: boolean) {
      isVisible = now
      if (now) feed.windowShown()
    },
  }
}

test('a page hears patches from its first snapshot on', () => {
  const { said, feed } = setup()
  feed.sendPatch(patch(1))
  feed.callAnswered('settings')
  feed.sendPatch(patch(2))
  feed.callAnswered('snapshot')
  feed.sendPatch(patch(3))
  expect(said).toEqual(['patch 3'])
})

test('a window that nobody sees hears none, and the last one when it is seen again', () => {
  const { said, feed, look } = setup()
  feed.callAnswered('snapshot')
  look(false)
  feed.sendPatch(patch(1))
  feed.sendPatch(patch(2))
  expect(said).toEqual([])
  look(true)
  look(true)
  feed.sendPatch(patch(3))
  expect(said).toEqual(['patch 2', 'patch 3'])
})

test('after a snapshot nothing is missing', () => {
  const { said, feed, look } = setup()
  feed.callAnswered('snapshot')
  look(false)
  feed.sendPatch(patch(1))
  feed.callAnswered('snapshot')
  look(true)
  expect(said).toEqual([])
})

test('what is said before the page listens is kept for it', () => {
  const { said, feed } = setup()
  feed.sendEvent('command', 'choose-files')
  expect(said).toEqual([])
  feed.callAnswered('snapshot')
  feed.sendEvent('command', 'find')
  expect(said).toEqual(['command "choose-files"', 'command "find"'])
})

test('of what is told for weeks before a page listens only the last of each is kept, but every click and every report', () => {
  const { said, feed } = setup()
  const news = (teamId: string) => ({ teamId, failure: null })
  for (let told = 0; told < 1_000; told += 1) {
    feed.sendEvent('library', news(`${told}`))
    feed.sendEvent('update', { kind: 'checking' })
  }
  feed.sendEvent('command', 'find')
  feed.sendEvent('added', { added: 1, refused: 0, skipped: [] })
  feed.sendEvent('update', { kind: 'resting' })
  feed.sendEvent('command', 'show-settings')
  feed.sendEvent('added', { added: 2, refused: 0, skipped: [] })
  feed.callAnswered('snapshot')
  expect(said).toEqual([
    'library {"teamId":"999","failure":null}',
    'command "find"',
    'added {"added":1,"refused":0,"skipped":[]}',
    'update {"kind":"resting"}',
    'command "show-settings"',
    'added {"added":2,"refused":0,"skipped":[]}',
  ])
})

test('a page that was loaded anew listens from its own snapshot on', () => {
  const { said, feed } = setup()
  feed.callAnswered('snapshot')
  feed.pageLoading()
  feed.sendPatch(patch(1))
  feed.sendEvent('command', 'find')
  feed.callAnswered('snapshot')
  expect(said).toEqual(['command "find"'])
})

const flow = (streamsInUse: number) => ({
  ...{ speed: { stepMs: 1_000, points: [] }, streamsInUse, streamsLimit: 4 },
})
const details = (id: string) => ({ id, parts: null, speed: { stepMs: 1_000, points: [] } })

test('of the flow and of the details a window that nobody sees hears the last when it is seen again', () => {
  const { said, feed, look } = setup()
  feed.sendFlow(flow(1))
  feed.callAnswered('snapshot')
  look(false)
  feed.sendFlow(flow(2))
  feed.sendFlow(flow(3))
  feed.sendDetails(details('a'))
  expect(said).toEqual([])
  look(true)
  look(true)
  expect(said).toEqual([`flow ${JSON.stringify(flow(3))}`, `details ${JSON.stringify(details('a'))}`])
})

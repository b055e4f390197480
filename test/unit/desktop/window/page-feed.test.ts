import { expect, test } from 'vitest'
import type { Patch } from '../../../../electron/contract/uploads.ts'
import { createPageFeed } from '../../../../electron/desktop/window/page-feed.ts'
import { emptyTotals } from '../../../support/totals.ts'

function patch(sequence: number): Patch {
  return { sequence, changed: [], removed: [], totals: emptyTotals, allPaused: false, line: 'ok' }
}

function setup() {
  const sent: string[] = []
  let isVisible = true
  const feed = createPageFeed({
    send(name, value) {
      sent.push(
        typeof value === 'object' && value !== null && 'sequence' in value
          ? `${name} ${value.sequence}`
          : `${name} ${JSON.stringify(value)}`,
      )
      return true
    },
    isWindowVisible: () => isVisible,
  })
  return {
    sent,
    feed,
    setVisible(now: boolean) {
      isVisible = now
      if (now) feed.windowShown()
    },
  }
}

test('the page gets patches after its first snapshot', () => {
  const { sent, feed } = setup()
  feed.sendPatch(patch(1))
  feed.callAnswered('settings')
  feed.sendPatch(patch(2))
  feed.callAnswered('snapshot')
  feed.sendPatch(patch(3))
  expect(sent).toEqual(['patch 3'])
})

test('an invisible window gets no patches, and the latest one when it is shown', () => {
  const { sent, feed, setVisible } = setup()
  feed.callAnswered('snapshot')
  setVisible(false)
  feed.sendPatch(patch(1))
  feed.sendPatch(patch(2))
  expect(sent).toEqual([])
  setVisible(true)
  setVisible(true)
  feed.sendPatch(patch(3))
  expect(sent).toEqual(['patch 2', 'patch 3'])
})

test('a snapshot replaces a missed patch', () => {
  const { sent, feed, setVisible } = setup()
  feed.callAnswered('snapshot')
  setVisible(false)
  feed.sendPatch(patch(1))
  feed.callAnswered('snapshot')
  setVisible(true)
  expect(sent).toEqual([])
})

test('events from before the page listens are delivered afterwards', () => {
  const { sent, feed } = setup()
  feed.sendEvent('command', 'choose-files')
  expect(sent).toEqual([])
  feed.callAnswered('snapshot')
  feed.sendEvent('command', 'find')
  expect(sent).toEqual(['command "choose-files"', 'command "find"'])
})

test('before the page listens the latest state and every command and report are kept', () => {
  const { sent, feed } = setup()
  const news = (teamId: string) => ({ teamId, failure: null })
  for (let count = 0; count < 1_000; count += 1) {
    feed.sendEvent('library', news(`${count}`))
    feed.sendEvent('update', { kind: 'checking' })
  }
  feed.sendEvent('command', 'find')
  feed.sendEvent('added', { added: 1, refused: 0, skipped: [] })
  feed.sendEvent('update', { kind: 'resting' })
  feed.sendEvent('command', 'show-settings')
  feed.sendEvent('added', { added: 2, refused: 0, skipped: [] })
  feed.callAnswered('snapshot')
  expect(sent).toEqual([
    'library {"teamId":"999","failure":null}',
    'command "find"',
    'added {"added":1,"refused":0,"skipped":[]}',
    'update {"kind":"resting"}',
    'command "show-settings"',
    'added {"added":2,"refused":0,"skipped":[]}',
  ])
})

test('a reloaded page gets events after its next snapshot', () => {
  const { sent, feed } = setup()
  feed.callAnswered('snapshot')
  feed.pageLoading()
  feed.sendPatch(patch(1))
  feed.sendEvent('command', 'find')
  feed.callAnswered('snapshot')
  expect(sent).toEqual(['command "find"'])
})

const flow = (streamsInUse: number) => ({
  speed: { stepMs: 1_000, points: [] },
  streamsInUse,
  streamsLimit: 4,
})
const details = (id: string) => ({ id, parts: null, speed: { stepMs: 1_000, points: [] } })

test('an invisible window gets the latest flow and details when it is shown', () => {
  const { sent, feed, setVisible } = setup()
  feed.sendFlow(flow(1))
  feed.callAnswered('snapshot')
  setVisible(false)
  feed.sendFlow(flow(2))
  feed.sendFlow(flow(3))
  feed.sendDetails(details('a'))
  expect(sent).toEqual([])
  setVisible(true)
  setVisible(true)
  expect(sent).toEqual([`flow ${JSON.stringify(flow(3))}`, `details ${JSON.stringify(details('a'))}`])
})

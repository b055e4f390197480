import { expect, test } from 'vitest'
import type { Patch } from '../../../../electron/contract/uploads.ts'
import { createPageFeed } from '../../../../electron/desktop/window/page-feed.ts'
import { createFeed } from '../../../../electron/feed/feed.ts'
import { toUploadRow } from '../../../../electron/journal/row-view.ts'
import { createTestEnvironment, standingClock } from '../../../support/hand-clock.ts'
import { uploadRecord } from '../../../support/records.ts'
import { patchOf } from '../../../support/totals.ts'

const patch = (sequence: number) => ({ ...patchOf({}), sequence })

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

test('the first patch after a snapshot does not repeat its rows', () => {
  const clock = standingClock()
  const views = new Map(['a', 'b', 'c'].map((id) => [id, toUploadRow(uploadRecord({ id }), null)]))
  const queue = createFeed({
    view: (id) => structuredClone(views.get(id) ?? null),
    ids: () => [...views.keys()],
    conditions: () => ({ allPaused: false, hold: null, line: 'ok', isIncomplete: false }),
    journalSetAside: null,
    unshownToday: () => 0,
    requestSlots: { inUse: 0, limit: 8 },
    limitBytesPerSecond: () => null,
    environment: createTestEnvironment(clock),
  })
  const patches: Patch[] = []
  const feed = createPageFeed({
    send: (_name, value) => patches.push(value as Patch) > 0,
    isWindowVisible: () => true,
  })
  const all: Patch[] = []
  queue.subscribe({
    patch(patch) {
      all.push(patch)
      feed.sendPatch(patch)
    },
    flow() {},
  })
  const change = (...ids: string[]) => ids.forEach((id) => queue.changed(id))
  change('a', 'b', 'c')
  feed.takeSnapshot(queue.snapshot())
  feed.callAnswered('snapshot')
  change('b')
  clock.advance(100)
  change('c')
  clock.advance(100)
  const idsOf = ({ changed }: Patch) => changed.map(({ id }) => id)
  expect(patches.map(idsOf)).toEqual([['b'], ['c']])
  // Other listeners take no snapshots.
  expect(all.map(idsOf)).toEqual([['a', 'b', 'c'], ['c']])
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

const flow = (streamsInUse: number) => ({
  speed: { stepMs: 1_000, points: [] },
  streamsInUse,
  streamsLimit: 4,
})
const details = (id: string) => ({ id, parts: null, speed: { stepMs: 1_000, points: [] } })

test('a page that is loaded again gets nothing that the one before has missed', () => {
  const { sent, feed, setVisible } = setup()
  feed.callAnswered('snapshot')
  setVisible(false)
  feed.sendPatch(patch(1))
  feed.sendFlow(flow(1))
  feed.sendDetails(details('a'))
  feed.pageLoading()
  feed.callAnswered('snapshot')
  setVisible(true)
  expect(sent).toEqual([])
})

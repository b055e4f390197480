import { expect, test } from 'vitest'
import type { LogDocument } from '../../../electron/contract/upload-log.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setupCommand } from '../../support/command-harness.ts'
import { setup, valueOf, type App, type EngineHarness } from '../../support/engine.ts'

const partBytes = 5 * 1024 * 1024

const logOf = async (app: App, id: string) => {
  const log = valueOf(await app.calls.uploadLog({ id }))
  if (log === null) throw new Error('there is no log')
  return log
}
const names = ({ events }: LogDocument) => events.map(({ event }) => event)

/** An upload in parts of which two are in flight and not acknowledged until `release`. */
async function startInParts(harness: EngineHarness) {
  const { app, cloud, file } = harness
  const held = cloud.hold('put-part', 'answer')
  const [id = ''] = await app.add(await file('large.safetensors', { sizeBytes: 4 * partBytes + 9 }))
  await held.arrived
  await app.until(() => app.row(id).inFlightBytes === 2 * partBytes)
  return { id, release: () => held.release() }
}

const inParts = {
  cloud: { partSizeBytes: partBytes },
  settings: { singlePutLimitBytes: partBytes, streamsMost: 2 },
}

test('the log of an upload is complete after restarts, in the queue and in the history', async () => {
  const harness = await setup(inParts)
  const { app, open } = harness
  const { id, release } = await startInParts(harness)
  await app.stop()
  release()
  const next = await open()
  await next.settled(id)
  await next.until(() => next.row(id).verification?.kind === 'verified')
  const before = await logOf(next, id)
  await next.stop()

  const last = await open()
  const log = await logOf(last, id)
  expect(log).toEqual(before)
  expect(names(log)).toEqual([
    ...['checking', 'sending', 'paused', 'resumed', 'checking', 'sending'],
    ...['finishing', 'registering', 'registered'],
  ])
  const stop = log.events.find(({ event }) => event === 'paused')
  expect(stop).toMatchObject({ reason: 'quit' })
  // The parts in flight when the app was closed.
  expect(log.totals).toMatchObject({ interruptedParts: 2, unconfirmedBytes: 2 * partBytes })
  expect(log.totals.sentBytes).toBe(6 * partBytes + 9)
  expect(log.speed.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(6 * partBytes + 9)
  expect(log).toMatchObject({
    phase: 'registered',
    team: { id: ALICES_TEAM_ID },
    verification: { kind: 'verified' },
  })
  expect(JSON.stringify(log)).not.toContain(harness.folder)
  await last.calls.forget({ ids: [id] })
  expect(valueOf(await last.calls.uploadLog({ id }))).toBe(null)
})

test('retries are logged with their cause, and holds of the queue with their reason', async () => {
  const harness = await setup(inParts)
  const { app, cloud, clock } = harness
  const { id, release } = await startInParts(harness)
  const paused = app.engine.hold('battery')
  release()
  await paused
  await app.phase(id, 'waiting')
  cloud.fail({ on: 'presignPart', how: 503, times: Infinity })
  await app.engine.hold(null)
  await app.until(() => {
    if (app.row(id).phase === 'retrying') return true
    for (const waitMs of clock.waits().slice(0, 1)) if (waitMs < 5_000) clock.advance(waitMs)
    return false
  })
  cloud.clearFailures()
  await app.calls.pauseAll(undefined)
  await app.calls.resumeAll(undefined)
  app.engine.networkChanged()
  await app.settled(id)
  const log = await logOf(app, id)
  expect(names(log).slice(0, 6)).toEqual([
    ...['checking', 'sending', 'paused', 'resumed', 'checking', 'sending'],
  ])
  expect(log.events[2]).toMatchObject({ reason: 'battery' })
  expect(log.events.find(({ event }) => event === 'retrying')).toMatchObject({
    failure: { code: 'server-trouble' },
  })
  expect([log.totals.retries, names(log).at(-1)]).toEqual([1, 'registered'])
})

test('an unknown upload has no log', async () => {
  const { app } = await setup()
  expect(valueOf(await app.calls.uploadLog({ id: 'unknown' }))).toBe(null)
})

test('the command line shows the log of an upload by name or ID, as text and JSON', async () => {
  const harness = await setupCommand()
  const path = await harness.file('loras/painter.safetensors')
  expect((await harness.run('upload', path)).code).toBe(0)
  const { code, json } = await harness.runWith(
    { MODELFERRY_TOKEN: undefined },
    'log',
    'painter.safetensors',
    '--json',
  )
  const [log] = json()
  expect([code, log]).toMatchObject([
    0,
    { log: 'modelferry upload', file: { name: 'painter.safetensors' }, phase: 'registered' },
  ])
  const text = await harness.run('log', String(log?.['id']))
  expect(text.out).toMatch(/Z {2}Uploading · 150 kB/)
  expect(text.out).toMatch(/Verification: The library’s record matches the file/)
  const unknown = await harness.run('log', 'other.safetensors')
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('No upload has the ID or name')])
  const other = await harness.file('vae/painter.safetensors', { payload: { seed: 3 } })
  expect((await harness.run('upload', other)).code).toBe(0)
  const both = await harness.run('log', 'painter.safetensors')
  expect([both.code, both.err]).toEqual([1, expect.stringContaining(String(log?.['id']))])
  expect((await harness.run('log')).code).toBe(2)
})

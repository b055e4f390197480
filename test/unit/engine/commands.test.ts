import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { failure, success } from '../../../electron/contract/failures.ts'
import type { ReplacedModel } from '../../../electron/contract/library.ts'
import { registeredState, replacingState } from '../../support/records.ts'
import { aborted } from '../queue/hand-queue.ts'
import { setupCommands as setup } from './commands-setup.ts'

test.each(['pause', 'cancel'] as const)(
  'starts nothing after a %s when a disk returns while other runs still stop',
  async (command) => {
    const { rows, queue, run, commands, add, addAway } = setup()
    const [running, away] = [add(), addAway()]
    queue.add([running])
    const obeyed = commands[command]([running, away])
    queue.add([away])
    await run(running).end(aborted)
    await setImmediate()
    expect(run(away).signal.aborted).toBe(true)
    await run(away).end(aborted)
    expect(await obeyed).toMatchObject({ ok: true })
    expect([queue.has(running), queue.has(away)]).toEqual([false, false])
    const phases = [running, away].map((id) => rows.get(id)?.live.phase)
    expect(phases).toEqual(command === 'pause' ? ['paused', 'paused'] : [undefined, undefined])
  },
)

test('an upload that was resumed is not paused again when the others of its pause end', async () => {
  const { rows, queue, run, commands, add } = setup()
  const [first, second] = [add(), add()]
  for (const id of [first, second]) {
    queue.add([id])
    rows.applyEvent(id, 'begin')
  }
  const paused = commands.pause([first, second])
  rows.applyEvent(first, 'pause')
  await run(first).end(aborted)
  await setImmediate()
  commands.resume([first])
  rows.applyEvent(second, 'pause')
  await run(second).end(aborted)
  await setImmediate()
  expect([run(first).signal.aborted, queue.has(first), rows.get(first)?.record.phase]).toEqual([
    false,
    true,
    'waiting',
  ])
  expect(await paused).toMatchObject({ ok: true })
  expect(rows.get(second)?.record.phase).toBe('paused')
})

test('a run whose pause could not be written continues, and is not stored as paused later', async () => {
  const { rows, queue, run, commands, add, failCommits, readPhase } = setup()
  const id = add()
  queue.add([id])
  rows.applyEvent(id, 'begin')
  const repair = failCommits()
  expect(await commands.pause([id])).toMatchObject({ ok: false, failure: { code: 'journal-trouble' } })
  repair()
  expect([rows.get(id)?.record.phase, run(id).pause.isRequested]).toEqual(['waiting', false])
  rows.applyEvent(id, 'requeue')
  expect(readPhase(id)).toBe('waiting')
})

const replaces: ReplacedModel = {
  modelId: 'old',
  name: 'Old',
  path: 'models/loras/style.safetensors',
  fate: 'delete',
  asidePath: null,
}

test.each(['waiting', 'retrying', 'paused', 'failed', 'running'] as const)(
  'cancelling an upload in the library keeps the older model and lets it finish (%s)',
  async (phase) => {
    const { rows, queue, run, commands, add } = setup()
    const id = add({ state: replacingState('new'), library: { onConflict: 'replace', replaces } })
    if (phase === 'paused') rows.applyEvent(id, 'pause')
    if (phase === 'failed') rows.applyEvent(id, 'refuse', { failure: failure('old-model-stays', {}) })
    if (phase === 'retrying') {
      rows.applyEvent(id, 'begin')
      rows.applyEvent(id, 'trouble', { failure: failure('server-trouble', { status: 500 }) })
    }
    if (phase === 'running') queue.add([id])
    const cancelled = commands.cancel([id])
    if (phase === 'running') await run(id).end(aborted)
    expect(await cancelled).toMatchObject({ ok: true })
    expect(rows.get(id)?.record).toMatchObject({ phase: 'waiting', failure: null })
    expect([rows.get(id)?.record.library, queue.has(id)]).toEqual([{ onConflict: 'replace' }, true])
  },
)

test('queues all uploads of a decision of which a part could not be written', async () => {
  const { rows, queue, commands, addMany, failCommits } = setup()
  const ids = addMany()
  rows.applyEvents(
    ids.map((id) => ({ id, event: 'refuse', change: { failure: failure('path-taken') } }) as const),
  )
  failCommits(`UPDATE ON uploads WHEN OLD.id = '${ids[1_200]}'`)
  const decided = await commands.decide({ ids, choice: 'replace', fate: 'delete' })
  expect(decided).toMatchObject({ ok: false, failure: { code: 'journal-trouble' } })
  expect(ids.filter((id) => !queue.has(id))).toEqual([])
})

test('restores removed uploads if others could not be removed, and keeps those in the queue', async () => {
  const { queue, commands, addMany, failCommits } = setup()
  const ids = addMany()
  await queue.setHeld(true)
  queue.add(ids)
  failCommits(`DELETE ON uploads WHEN OLD.id = '${ids[1_200]}'`)
  expect(await commands.cancel(ids)).toMatchObject({ ok: false, failure: { code: 'journal-trouble' } })
  expect(ids.filter((id) => queue.has(id))).toEqual(ids.slice(1_000))
  expect(commands.undoRemove(ids)).toEqual({ ok: true, value: ids.slice(0, 1_000) })
})

test('keeps what is only in memory of uploads that could not be removed', async () => {
  const { queue, commands, add, failCommits, forgotten } = setup()
  const id = add()
  await queue.setHeld(true)
  const repair = failCommits('DELETE ON uploads')
  expect((await commands.cancel([id])).ok).toBe(false)
  expect(forgotten).toEqual([])
  repair()
  expect((await commands.cancel([id])).ok).toBe(true)
  expect(forgotten).toEqual([id])
})

/** The ids of all uploads in the order of their positions. */
const orderOf = ({ rows }: ReturnType<typeof setup>) =>
  rows
    .ids()
    .toSorted((one, other) => (rows.get(one)?.record.position ?? 0) - (rows.get(other)?.record.position ?? 0))

test('moves uploads whose turn is still to come; the others keep their order', () => {
  const context = setup()
  const { rows, commands, add } = context
  const put = (id: string, given = {}) => add({ id, position: rows.ids().length * 1_024, ...given })
  for (const id of ['first', 'waiting', 'paused', 'failed', 'retrying', 'running']) put(id)
  put('review', { phase: 'review' })
  put('registered', { phase: 'registered', state: registeredState('m', 1) })
  rows.applyEvent('paused', 'pause')
  rows.applyEvent('failed', 'refuse', { failure: failure('forbidden') })
  for (const id of ['retrying', 'running']) rows.applyEvent(id, 'begin')
  rows.applyEvent('retrying', 'trouble', { failure: failure('offline') })
  const all = [
    'registered',
    'review',
    'running',
    'retrying',
    'failed',
    'paused',
    'waiting',
    'waiting',
    'unknown',
  ]
  expect(commands.moveUploads(all, 'first')).toEqual(success(undefined))
  const moved = ['retrying', 'failed', 'paused', 'waiting']
  expect(orderOf(context)).toEqual([...moved, 'first', 'running', 'review', 'registered'])
})

import { EventEmitter } from 'node:events'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CommandContext } from '../../../electron/cli/command-context.ts'
import { runFindCommand } from '../../../electron/cli/commands/find.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { listenForInterruption } from '../../../electron/cli/interruption.ts'
import type { FoundModelView, FoundPlacesView, FoundPlaceView } from '../../../electron/contract/discovery.ts'
import { failure } from '../../../electron/contract/failures.ts'
import { foundModel, foundPlace, foundView, team } from '../../components/support/rows.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'

/** What `find` writes and returns for a search with this result; each place has these models. */
async function find(
  view: FoundPlacesView,
  { models = [foundModel('flux')], json = false, isInterrupted = false } = {} as {
    readonly models?: readonly FoundModelView[]
    readonly json?: boolean
    readonly isInterrupted?: boolean
  },
) {
  const { streams, out, err } = recordedStreams()
  const process = new EventEmitter() as NodeJS.Process
  const interruption = listenForInterruption(process, () => undefined)
  if (isInterrupted) process.emit('SIGINT', 'SIGINT')
  const modelsIn = () => models.map((model) => ({ path: `/models/${model.name}`, model }))
  const engine = fakeEngine({ findModels: async () => ({ view, modelsIn }) })
  const context = { engine, streams, interruption } as CommandContext
  const code = await runFindCommand({ name: 'find', team: null, json }, null, context)
  return { code, out, err, events: () => out.map((line) => JSON.parse(line) as object) }
}

const offline = { team, isListing: false, failure: failure('offline'), listedAtMs: null }

test.for<[string, number, FoundPlacesView]>([
  ['everything was searched', exitCodes.ok, foundView([foundPlace('a')])],
  ['nothing was found', exitCodes.ok, foundView([])],
  ['a folder has too many files', exitCodes.someFailed, foundView([foundPlace('a', { isWhole: false })])],
  ['a folder can’t be read', exitCodes.someFailed, foundView([foundPlace('a', { unreadableCount: 1 })])],
  ['the search took too long', exitCodes.someFailed, foundView([foundPlace('a')], { state: 'late' })],
  ['the library can’t be listed', exitCodes.someFailed, foundView([foundPlace('a')], { library: offline })],
])('if %s the exit code is %i', async ([, code, view]) => {
  expect((await find(view)).code).toBe(code)
})

test('lists a place with its models, and what could not be read', async () => {
  const place = foundPlace('a', {
    modelCount: 2,
    isWhole: false,
    unreadableCount: 1,
    unreadable: ['~/ComfyUI/models/locked'],
  })
  const models = [
    foundModel('flux', { state: 'in-library' }),
    foundModel('wan', { state: 'same-name-and-size', folder: '', modelType: null, sizeBytes: 20_000_000 }),
    foundModel('qwen', { state: 'queued' }),
    foundModel('new'),
  ]
  const { out } = await find(foundView([place]), { models })
  expect(out).toEqual([
    'ComfyUI: ~/ComfyUI/models (2 models, 1.0 GB)',
    '  in the library    1.0 GB  loras/flux.safetensors (loras)',
    '  same name/size   20.0 MB  wan.safetensors (unknown type)',
    '  in the queue      1.0 GB  loras/qwen.safetensors (loras)',
    '                    1.0 GB  loras/new.safetensors (loras)',
    '  Not all files in this folder are listed.',
    expect.stringContaining('~/ComfyUI/models/locked'),
  ])
})

test.for<[string, Partial<FoundPlacesView>]>([
  [
    '2 models, 2.0 GB: 2 in the library of Aurora Studio, 2 with the name and size of a model in it, 0 in the queue, 0 not in the library.',
    {},
  ],
  [
    '2 models, 2.0 GB. Sign in to compare them with your team’s library.',
    { library: { team: null, isListing: false, failure: null, listedAtMs: null } },
  ],
  [
    '2 models, 2.0 GB. They were not compared with the library of Aurora Studio.',
    { library: { team, isListing: true, failure: null, listedAtMs: null } },
  ],
])('ends with “%s”', async ([line, change]) => {
  const models = [foundModel('a', { state: 'in-library' }), foundModel('b', { state: 'same-name-and-size' })]
  const { err } = await find(foundView([foundPlace('a'), foundPlace('b')], change), { models })
  expect(err).toEqual([line])
})

test('counts no models in a library that can’t be listed, and says why', async () => {
  const library = { ...offline, failure: failure('forbidden', { team: '' }) }
  const { err } = await find(foundView([foundPlace('a')], { library }))
  expect(err).toEqual([
    '1 model, 1.0 GB. They were not compared with the library of Aurora Studio.',
    'The library can’t be listed. You don’t have permission to see this team’s library. You can still upload. (forbidden)',
  ])
  const { events } = await find(foundView([], { library }), { json: true })
  expect(events()).toMatchObject([
    { library: { sentence: expect.stringMatching(/^You don’t have permission to see/) as string } },
  ])
})

test('says why the library is not compared, and that the search took too long', async () => {
  const { err } = await find(foundView([foundPlace('a')], { state: 'late', library: offline }))
  const library = { ...offline, listedAtMs: 1 }
  const old = await find(foundView([foundPlace('a')], { library }))
  expect(old.err[1]).toMatch(/^The library couldn’t be refreshed\. .*\(offline\)$/)
  expect(err.slice(1)).toEqual([
    expect.stringMatching(/^The library can’t be listed\. .*\(offline\)$/),
    'Some locations were skipped because the search took too long or there are too many folders. To upload from another folder, run: modelferry upload FOLDER',
  ])
})

test('prints as JSON what was not searched, and whether the search is complete', async () => {
  const place: FoundPlaceView = foundPlace('a', { isWhole: false, unreadableCount: 1 })
  const other = foundPlace('b', { where: '~/other' })
  const complete = await find(foundView([place, other]), { models: [], json: true })
  expect(complete.events()).toEqual([
    { event: 'unseen', folder: join(homedir(), 'ComfyUI/models'), reason: 'too-many' },
    { event: 'unseen', folder: join(homedir(), 'ComfyUI/models'), reason: 'unreadable' },
    { event: 'found', models: 2, sizeBytes: 2_000_000_000, complete: true },
  ])
  for (const change of [
    { state: 'late' as const },
    { library: { team, isListing: true, failure: null, listedAtMs: null } },
  ]) {
    const { events } = await find(foundView([], change), { json: true })
    expect(events()).toEqual([{ event: 'found', models: 0, sizeBytes: 0, complete: false }])
  }
})

test('after Ctrl-C lists what was found and exits with 130', async () => {
  const { code, out } = await find(foundView([foundPlace('a')], { state: 'stopped' }), {
    isInterrupted: true,
  })
  expect([code, out.length]).toEqual([130, 2])
})

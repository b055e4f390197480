import { EventEmitter } from 'node:events'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { UploadContext } from '../../../electron/cli/command-context.ts'
import { runWorkflowCommand } from '../../../electron/cli/commands/workflow.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { listenForInterruption } from '../../../electron/cli/interruption.ts'
import { createTextReporter } from '../../../electron/cli/output/text-output.ts'
import type { NeededModelView, WorkflowView } from '../../../electron/contract/discovery.ts'
import { failed, failure, success, type Result } from '../../../electron/contract/failures.ts'
import type { AddReport } from '../../../electron/contract/uploads.ts'
import type { Engine } from '../../../electron/engine/engine.ts'
import {
  need,
  patchOf,
  registeredRow,
  row,
  snapshotOf,
  team,
  workflowNeeds,
} from '../../components/support/rows.ts'
import { fakeEngine } from '../../support/fake-engine.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'

const [inLibrary, here, off, nowhere] = workflowNeeds as [
  NeededModelView,
  NeededModelView,
  NeededModelView,
  NeededModelView,
]

interface Options {
  readonly view?: Partial<WorkflowView>
  readonly json?: boolean
  readonly upload?: boolean
  /** The answer of the engine to the request to upload; one file is uploaded by default. */
  readonly report?: Result<AddReport | null>
  /** Files that need a decision can't be removed from the queue. */
  readonly isQueueReadOnly?: boolean
  /** Why the file is no workflow; `gone`: it was closed meanwhile. */
  readonly unopened?: 'no-workflow' | 'too-slow' | 'gone'
  readonly file?: string
  /** Ctrl-C while the engine waits for this. */
  readonly interruptedAt?: 'open' | 'whenComplete' | 'enqueueModels'
}

/** What `workflow` writes, uploads and returns if the workflow needs these models. */
async function run(
  needs: readonly NeededModelView[],
  {
    view = {},
    json = false,
    upload = false,
    report = success({ added: 1, refused: 0, skipped: [] }),
    isQueueReadOnly = false,
    unopened,
    interruptedAt,
    file = import.meta.filename,
  }: Options = {},
) {
  const process = new EventEmitter() as NodeJS.Process
  const waitAt = async (name: Options['interruptedAt']) => {
    if (name !== interruptedAt) return
    process.emit('SIGINT', 'SIGINT')
    await new Promise<void>(() => undefined)
  }
  const { streams, out, err } = recordedStreams()
  const requested: string[] = []
  const undone: unknown[] = []
  let isComplete = false
  let listener: Parameters<Engine['subscribe']>[0] = {}
  const workflow: WorkflowView = {
    id: 'w',
    fileName: 'w.json',
    team,
    isLooking: false,
    libraryFailure: null,
    libraryListedAtMs: null,
    unseen: [],
    isUsualSeen: true,
    needs,
    ...view,
  }
  const engine = fakeEngine({
    subscribe(next) {
      listener = next
      return () => undefined
    },
    // All rows come in patches.
    snapshot: () => snapshotOf([]),
    workflows: {
      async open() {
        await waitAt('open')
        const id = unopened === undefined || unopened === 'gone' ? 'w' : null
        return { id, files: [], unread: unopened === 'too-slow' ? ['/w.json'] : [] }
      },
      async whenComplete() {
        await waitAt('whenComplete')
        await Promise.resolve()
        isComplete = true
      },
      view: () => (isComplete && unopened !== 'gone' ? workflow : null),
      async enqueueModels(_id, ids, confirm, signal) {
        expect(signal).toBe(interruption.signal)
        await waitAt('enqueueModels')
        const question = { count: ids.length, sizeBytes: 1, team: team.name, server: 'cloud.example' }
        if (await confirm(question)) requested.push(...ids)
        const already = { name: 'Here', path: null, status: 'active' } as const
        if (report.ok) listener.patch?.(patchOf(1, [registeredRow('here', { already })]))
        if (isQueueReadOnly) listener.patch?.(patchOf(1, [row('reviewed', { phase: 'review' })]))
        return report
      },
    },
    calls: {
      pause: async () => success(undefined),
      async undoAdd(args) {
        undone.push(args)
        return isQueueReadOnly ? failed(failure('journal-full')) : success(['here'])
      },
    },
  })
  const interruption = listenForInterruption(process, () => undefined)
  const context = {
    engine,
    streams,
    interruption,
    environment: createTestEnvironment(standingClock()),
    reporter: createTextReporter(streams, { quiet: false }),
  } as unknown as UploadContext
  const command = { name: 'workflow', file, team: null, upload, json, quiet: false } as const
  const speed = { limitBytesPerSecond: undefined, streamsMost: undefined }
  const code = await runWorkflowCommand({ ...command, ...speed }, { accountId: 'a', teamId: 't' }, context)
  return { code, out, err, requested, undone, events: () => out.map((line) => JSON.parse(line) as object) }
}

test.for<[number, string, readonly NeededModelView[]]>([
  [exitCodes.ok, 'in the library', [inLibrary]],
  [
    exitCodes.ok,
    'in the library, or of a node that is turned off',
    [inLibrary, off, need('x', { isOff: true })],
  ],
  [exitCodes.someFailed, 'on this computer', [inLibrary, here]],
  [exitCodes.someFailed, 'nowhere', [nowhere]],
])('exits with %i if each model is %s', async ([code, , needs]) => {
  expect((await run(needs)).code).toBe(code)
})

test.for<[string, NeededModelView]>([
  ['in the library  owned.safetensors (loras, 5.0 GB)', inLibrary],
  [
    'local           style/here.safetensors (loras, ~/ComfyUI/models/loras/style/here.safetensors, 90.0 MB)',
    here,
  ],
  [
    'local           off.safetensors (loras, same name only, node is turned off, ~/off.safetensors, 1 byte)',
    off,
  ],
  ['not found       lost.safetensors (loras, https://models.example/lost.safetensors)', nowhere],
  [
    'in the queue    q (unknown type, a folder, disabled)',
    need('q', {
      stand: 'queued',
      modelType: null,
      isFolder: true,
      isDisabled: true,
      where: '~/q',
      url: 'https://x',
    }),
  ],
])('describes a model as “%s”', async ([line, model]) => {
  expect((await run([model])).out).toEqual([line])
})

test('describes why the upload of a model has failed', async () => {
  const model = need('x', { stand: 'failed', failed: { uploadId: 'u', failure: failure('file-empty') } })
  const { out, err } = await run([model])
  expect(out).toEqual([expect.stringMatching(/^upload failed {3}x \(loras\): .+ \(file-empty\)$/)])
  expect(err).toEqual([
    '1 model: 0 in the library of Aurora Studio, 0 in the queue, 1 failed, 0 on this computer, 0 not found.',
  ])
  expect((await run([model], { json: true })).events()).toMatchObject([{ failed: { code: 'file-empty' } }])
})

test('sums up where the models are', async () => {
  expect((await run(workflowNeeds, { view: { team: null } })).err).toEqual([
    '4 models: 1 in the library, 0 in the queue, 2 on this computer, 1 not found.',
  ])
})

test('prints models as JSON with their full paths, without a summary', async () => {
  const { err, events } = await run([here], { json: true })
  expect(err).toEqual([])
  expect(events()).toEqual([
    {
      event: 'need',
      name: 'style/here.safetensors',
      type: 'loras',
      stand: 'here',
      by: 'path',
      off: false,
      disabled: false,
      localPath: join(homedir(), 'ComfyUI/models/loras/style/here.safetensors'),
      sizeBytes: 90_000_000,
      url: null,
      folder: false,
      failed: null,
    },
  ])
})

test('says which folders were not searched, and that the library could not be listed', async () => {
  const view = {
    unseen: [{ where: '~/models', why: 'unreadable' }],
    isUsualSeen: false,
    libraryFailure: failure('offline'),
    libraryListedAtMs: null,
  } as const
  const { err } = await run([], { view })
  expect(err[0]).toMatch(/^Some folders couldn’t be searched.*~\/models.*common locations/)
  expect(err[1]).toMatch(/^The library can’t be listed\. .*\(offline\)$/)
  expect((await run([], { view, json: true })).events()).toEqual([
    { event: 'unseen', folder: join(homedir(), 'models'), reason: 'unreadable' },
    { event: 'unseen', folder: null, reason: 'too-slow' },
  ])
})

test('counts no models in a library that can’t be listed', async () => {
  const view = { libraryFailure: failure('forbidden', { team: '' }), libraryListedAtMs: null }
  const { err } = await run([here, nowhere], { view })
  expect(err).toEqual([
    'The library can’t be listed. You don’t have permission to see this team’s library. You can still upload. (forbidden)',
    '2 models: 0 in the queue, 1 on this computer, 1 not found.',
  ])
  const old = await run([here, nowhere], { view: { ...view, libraryListedAtMs: 1 } })
  expect(old.err.at(-1)).toMatch(/^2 models: 0 in the library of /)
})

test('uploads with --upload what is on this computer, except for nodes that are turned off', async () => {
  const { code, requested, out } = await run([inLibrary, here, off], { upload: true })
  expect([code, requested]).toEqual([exitCodes.ok, ['style/here.safetensors']])
  expect(out.at(-1)).toMatch(/^already {5}here\.safetensors/)
})

test('exits with 1 after an upload if another model is nowhere', async () => {
  expect((await run([here, nowhere], { upload: true })).code).toBe(exitCodes.someFailed)
  const offAndNowhere = need('x', { isOff: true })
  expect((await run([here, offAndNowhere], { upload: true })).code).toBe(exitCodes.ok)
})

test('follows an upload that was refused to its end', async () => {
  const report = success({ added: 0, refused: 1, skipped: [] })
  expect((await run([here], { upload: true, report })).code).toBe(exitCodes.ok)
})

test.for<[string, Result<AddReport | null>]>([
  ['the files could not be added', failed(failure('no-team'))],
  ['the files are gone', success({ added: 0, refused: 0, skipped: [] })],
  ['nothing was added', success(null)],
])('exits with 1 if %s', async ([, report]) => {
  const { code, err } = await run([here], { upload: true, report })
  expect(code).toBe(exitCodes.someFailed)
  expect(err.some((line) => line.endsWith('(no-team)'))).toBe(!report.ok)
})

test('removes files whose licence needs a decision, and uploads the others', async () => {
  const added: AddReport = { added: 2, refused: 0, skipped: [], drop: 'd', review: 'r1' }
  const { code, err, undone } = await run([here], { upload: true, report: success(added) })
  expect([code, undone]).toEqual([exitCodes.someFailed, [{ drop: 'd' }]])
  expect(err.at(-1)).toContain('the licence of a model needs your decision')
})

test('says why files whose licence needs a decision can’t be removed, and does not wait for them', async () => {
  const added: AddReport = { added: 2, refused: 0, skipped: [], drop: 'd', review: 'r1' }
  const options = { upload: true, report: success(added), isQueueReadOnly: true }
  const { code, err } = await run([here], options)
  expect([code, err.at(-1)]).toEqual([exitCodes.someFailed, expect.stringContaining('(journal-full)')])
})

test.each<[string, Options]>([
  ['This file doesn’t contain a ComfyUI workflow.', { unopened: 'no-workflow' }],
  ['Reading this file took too long.', { unopened: 'too-slow' }],
  ['(path-not-found)', { unopened: 'no-workflow', file: '/missing/w.json' }],
])('says why a file can’t be opened: %s', async (sentence, options) => {
  const { code, out, err } = await run([here], options)
  expect([code, out, err]).toEqual([exitCodes.someFailed, [], [expect.stringContaining(sentence)]])
})

test('exits with 1 if the workflow was closed while it was compared', async () => {
  const { code, out, err } = await run([inLibrary], { unopened: 'gone' })
  expect([code, out, err]).toEqual([exitCodes.someFailed, [], []])
})

test('Ctrl-C ends the comparison without a result', async () => {
  for (const interruptedAt of ['open', 'whenComplete'] as const) {
    const { code, out, err } = await run([here], { interruptedAt })
    expect([code, out, err]).toEqual([exitCodes.interrupted, [], []])
  }
})

test('Ctrl-C while the models are enqueued stops the uploads', async () => {
  const { code, err } = await run([here], { upload: true, interruptedAt: 'enqueueModels' })
  expect([code, err.at(-1)]).toEqual([exitCodes.interrupted, 'Stopped. No uploads were left.'])
})

test('reports what was skipped instead of uploaded', async () => {
  const skipped = [{ name: 'a.txt', reason: 'not-a-model' }]
  const { out } = await run([here], { upload: true, report: success({ added: 1, refused: 0, skipped }) })
  expect(out).toContain('skipped     a.txt (Not a model file)')
})

test('uploads nothing without --upload, or if nothing is on this computer', async () => {
  expect((await run([here])).requested).toEqual([])
  const { code, requested } = await run([inLibrary, nowhere], { upload: true })
  expect([code, requested]).toEqual([exitCodes.someFailed, []])
})

import { EventEmitter } from 'node:events'
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

test('removes files whose licence needs a decision, and uploads the others', async () => {
  const added: AddReport = { added: 2, refused: 0, skipped: [], drop: 'd', review: 'r1' }
  const { code, err, undone } = await run([here], { upload: true, report: success(added) })
  expect([code, undone]).toEqual([exitCodes.someFailed, [{ drop: 'd' }]])
  expect(err.at(-1)).toContain('the licence of a model needs your decision')
})

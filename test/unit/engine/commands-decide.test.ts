import { expect, test } from 'vitest'
import { success, type FailureCode } from '../../../electron/contract/failures.ts'
import type { ReplacedModel } from '../../../electron/contract/library.ts'
import type { UploadRecord } from '../../../electron/journal/upload-record.ts'
import { setupCommands } from './commands-setup.ts'

const replaces: ReplacedModel = {
  modelId: 'old',
  name: 'Old',
  path: 'models/loras/style.safetensors',
  fate: 'delete',
  asidePath: null,
}

test.for<[string, FailureCode, 'keep-both' | 'replace', UploadRecord['library'] | null]>([
  ['a taken path', 'path-taken', 'replace', { onConflict: 'replace', fate: 'disable' }],
  ['a path taken in the queue', 'path-taken-here', 'keep-both', { onConflict: 'keep-both', fate: 'disable' }],
  ['an old model that stays', 'old-model-stays', 'keep-both', { onConflict: 'ask' }],
  ['an old model that stays, to be replaced', 'old-model-stays', 'replace', null],
  ['another failure', 'forbidden', 'replace', null],
])('applies the decision about %s', async ([, code, choice, library]) => {
  const { commands, queue, rows, addFailed, add } = setupCommands()
  const before = { onConflict: 'ask', replaces } as const
  const id = addFailed(code, { library: before })
  const paused = add({ library: before })
  rows.applyEvent(paused, 'pause')
  expect(await commands.decide({ ids: [id, paused], choice, fate: 'disable' })).toEqual(success(undefined))
  expect(rows.get(id)?.record.library).toEqual(library ?? before)
  expect([queue.has(id), rows.get(paused)?.live.phase]).toEqual([library !== null, 'paused'])
})

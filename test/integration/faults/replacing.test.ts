import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import { writeSafetensors } from '../../fixtures/model-files.ts'
import { sha256Of } from '../../support/engine.ts'
import { bytesOf, fault, type HoldPoint } from './fault.ts'
import { startRunner } from './kills/start-runner.ts'

const path = 'models/loras/style.safetensors'

/**
 * Kills a process during a replacement, checks the library, lets the next start finish and checks again. At no
 * time are both models gone; at the end the new one exists, and the old one is disabled or deleted as chosen.
 */
async function expectReplacedDespiteKill(fate: 'disable' | 'delete', point: HoldPoint): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-replaced-'))
  const cloud = await startCloud({ verifiesHash: true })
  onTestFinished(async () => {
    await cloud.close()
    await rm(folder, { recursive: true, force: true })
  })
  const file = join(folder, 'model.safetensors')
  await writeSafetensors(file, { sizeBytes: bytesOf.whole, payload: { seed: 7 } })
  const oldId = cloud.addModel(ALICES_TEAM_ID, { model_path: path, display_name: 'Old style' })
  const uploadOptions = {
    add: { target: { modelPath: path }, onConflict: 'replace' },
    settings: { replacedFate: fate },
  } as const
  const runner = { cloud, file, home: join(folder, 'home'), uploadOptions }
  const what = JSON.stringify(point)
  const models = () => cloud.modelsOf(ALICES_TEAM_ID)
  const isNew = (model: { readonly file_hash: string }) => model.file_hash === `sha256:${sha256Of(file)}`

  expect(await startRunner(runner, point), what).toBeNull()
  // The old model is disabled or deleted only once the new one exists.
  const oldNow = models().find(({ id }) => id === oldId)
  if (!models().some(isNew)) expect(oldNow?.model_status, what).toBe('active')
  expect(await startRunner(runner, null), what).toBe('registered')
  expect(
    models().map((model) => [model.id === oldId ? 'old' : 'new', model.model_path, model.model_status]),
    what,
  ).toEqual([
    ...(fate === 'delete' ? [] : [['old', 'models/loras/style-2.safetensors', 'disabled']]),
    ['new', path, 'active'],
  ])
  expect(models().filter(isNew), what).toHaveLength(1)
}

fault('keeps the old model when killed while sending, and replaces it at the next start', null, async () => {
  await expectReplacedDespiteKill('delete', { on: 'put-object', moment: 70_000 })
})

fault('loses no model when killed while registering returns a path conflict', null, async () => {
  await expectReplacedDespiteKill('disable', { on: 'registerModel', moment: 'arrival' })
  await expectReplacedDespiteKill('disable', { on: 'registerModel', moment: 'answer' })
})

fault('loses no model when killed while moving the old one', null, async () => {
  await expectReplacedDespiteKill('disable', { on: 'updateModel', moment: 'arrival' })
  await expectReplacedDespiteKill('delete', { on: 'updateModel', moment: 'answer' })
})

fault('registers the new model once when killed while registering it at the old path', null, async () => {
  await expectReplacedDespiteKill('disable', { on: 'registerModel', moment: 'arrival', choice: { skip: 1 } })
  await expectReplacedDespiteKill('delete', { on: 'registerModel', moment: 'answer', choice: { skip: 1 } })
})

fault('disables the old model when killed before or after disabling it', null, async () => {
  await expectReplacedDespiteKill('disable', { on: 'updateModel', moment: 'arrival', choice: { skip: 1 } })
  await expectReplacedDespiteKill('disable', { on: 'updateModel', moment: 'answer', choice: { skip: 1 } })
})

fault('deletes the old model when killed before or after deleting it', null, async () => {
  await expectReplacedDespiteKill('delete', { on: 'deleteModel', moment: 'arrival' })
  await expectReplacedDespiteKill('delete', { on: 'deleteModel', moment: 'answer' })
})

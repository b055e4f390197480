import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import { writeSafetensors } from '../../fixtures/model-files.ts'
import { sha256Of } from '../../support/engine.ts'
import { bytesOf, fault } from './fault.ts'
import { startRunner, type KillPoint } from './start-runner.ts'

const path = 'models/loras/style.safetensors'

/**
 * Kills a process in the middle of a replacement and looks at the library; then lets the next start end, and
 * looks again. Never are both models gone, and in the end there is the new one, and the old one only as was
 * chosen.
 */
async function replacedThoughKilled(fate: 'disable' | 'delete', point: KillPoint): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-replaced-'))
  const cloud = await startCloud({ verifiesHash: true })
  onTestFinished(async () => {
    await cloud.close()
    await rm(folder, { recursive: true, force: true })
  })
  const file = join(folder, 'model.safetensors')
  await writeSafetensors(file, { sizeBytes: bytesOf.whole, payload: { seed: 7 } })
  const oldId = cloud.addModel(ALICES_TEAM_ID, { model_path: path, display_name: 'Old style' })
  const wishes = {
    add: { target: { modelPath: path }, onConflict: 'replace' },
    settings: { replacedFate: fate },
  } as const
  const runner = { cloud, file, home: join(folder, 'home'), wishes }
  const what = JSON.stringify(point)
  const models = () => cloud.modelsOf(ALICES_TEAM_ID)
  const isNew = (model: { readonly file_hash: string }) => model.file_hash === `sha256:${sha256Of(file)}`

  expect(await startRunner(runner, point), what).toBeNull()
  // The old one goes only once the new one is there.
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

fault(
  'a kill while the new model is sent leaves the old one as it is, and the next start replaces it',
  null,
  async () => {
    await replacedThoughKilled('delete', { on: 'put-object', moment: 70_000 })
  },
)

fault('a kill as the server refuses a second model at one path costs neither', null, async () => {
  await replacedThoughKilled('disable', { on: 'registerModel', moment: 'arrival' })
  await replacedThoughKilled('disable', { on: 'registerModel', moment: 'answer' })
})

fault('a kill while the old model is moved aside costs neither', null, async () => {
  await replacedThoughKilled('disable', { on: 'updateModel', moment: 'arrival' })
  await replacedThoughKilled('delete', { on: 'updateModel', moment: 'answer' })
})

fault('a kill as the new model is registered in the old one’s place makes it once', null, async () => {
  await replacedThoughKilled('disable', { on: 'registerModel', moment: 'arrival', choice: { skip: 1 } })
  await replacedThoughKilled('delete', { on: 'registerModel', moment: 'answer', choice: { skip: 1 } })
})

fault('a kill before or after the old model is disabled leaves it disabled in the end', null, async () => {
  await replacedThoughKilled('disable', { on: 'updateModel', moment: 'arrival', choice: { skip: 1 } })
  await replacedThoughKilled('disable', { on: 'updateModel', moment: 'answer', choice: { skip: 1 } })
})

fault(
  'a kill before or after the old model is deleted leaves the new one alone in the end',
  null,
  async () => {
    await replacedThoughKilled('delete', { on: 'deleteModel', moment: 'arrival' })
    await replacedThoughKilled('delete', { on: 'deleteModel', moment: 'answer' })
  },
)

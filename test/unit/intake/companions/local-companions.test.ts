import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { failure } from '../../../../electron/contract/failures.ts'
import type { LocalModel } from '../../../../electron/discovery/scan/walk-models.ts'
import { CompanionOffers } from '../../../../electron/intake/companions/companion-offers.ts'
import { LocalCompanions } from '../../../../electron/intake/companions/local-companions.ts'
import { parts } from '../../../../electron/recognition/companions/companion-parts.ts'
import { standingClock, createTestEnvironment } from '../../../support/hand-clock.ts'
import { uploadRecord } from '../../../support/records.ts'

/** A search among files that are all T5-XXL by their headers, except those that are called broken. */
function setup(near: readonly string[], usual: readonly string[] = []) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'modelferry-local-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const modelOf = (name: string, modelType: string | null = null): LocalModel => {
    const path = join(folder, name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, name)
    return { path, name, sizeBytes: name.length, mtimeMs: 1, modelType }
  }
  const offers = new CompanionOffers()
  const environment = createTestEnvironment(standingClock())
  const state = {
    near: near.map((name) => modelOf(name)),
    searches: 0,
    found: 0,
    isFailing: false,
    async duringInspect(_name: string) {},
  }
  const inspected: string[] = []
  const local = new LocalCompanions({
    finder: {
      async findModels(_folders, _types, onFound) {
        state.searches += 1
        if (state.isFailing) throw new Error('the disk is gone')
        await onFound(state.near)
        await onFound(usual.map((name) => modelOf(name)))
      },
      displayPath: (path) => `~${path}`,
    },
    async inspect({ path, name = '' }) {
      inspected.push(name)
      await state.duringInspect(name)
      const { recognition, target } = uploadRecord()
      return {
        recognition: { ...recognition, modelType: 'text_encoders', base: 'T5-XXL' },
        target,
        identity: { sizeBytes: path.length, mtimeNs: 1n, inode: 1n },
        failure: name.startsWith('broken') ? failure('file-cut-short') : null,
      }
    },
    offers,
    environment,
    onFound: () => (state.found += 1),
  })
  const offered = () => offers.offersFor(parts.t5xxl).map(({ fileName }) => fileName)
  const search = () => local.search([parts.t5xxl], ['/models'])
  return { search, offered, inspected, state, modelOf, folder, offers }
}

test('reads the headers of files that can be companions, those with a usual name first', async () => {
  // More than are inspected at a time.
  const others = Array.from({ length: 20 }, (_, index) => `other ${index}.gguf`)
  const usual = 't5xxl_fp16.safetensors'
  const names = [...others, 't5xxl.bin', 'part-00001-of-00002.safetensors', usual]
  const { search, inspected, offered, state, folder, offers } = setup(names)
  const isUsualInspected = Promise.withResolvers<void>()
  state.duringInspect = async (name) => {
    if (name === usual) isUsualInspected.resolve()
    await isUsualInspected.promise
  }
  await search()
  expect(inspected.toSorted()).toEqual([...others, usual].toSorted())
  expect(offered()[0]).toBe(usual)
  expect(offers.offersFor(parts.t5xxl)[0]?.where).toBe(`~${folder}`)
  expect(state.found).toBe(1)
})

test('leaves out files in folders of other types, broken ones and parts of a diffusers model', async () => {
  const { search, state, modelOf, inspected, offered } = setup(['broken.safetensors', 'sd3/te/a.safetensors'])
  modelOf('sd3/model_index.json')
  state.near.push(modelOf('lora.safetensors', 'loras'), modelOf('t5.safetensors', 'text_encoders'))
  await search()
  expect(inspected.toSorted()).toEqual(['broken.safetensors', 't5.safetensors'])
  expect(offered()).toEqual(['t5.safetensors'])
})

test('offers files near those that need them before files in the usual places', async () => {
  const { search, offered, state } = setup(['a.safetensors'], ['much larger.safetensors'])
  await search()
  expect([offered(), state.found]).toEqual([['a.safetensors', 'much larger.safetensors'], 2])
})

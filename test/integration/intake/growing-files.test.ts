import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { setup } from '../../support/engine.ts'

const stepMs = 5_000

/** A file of which one third exists when it is added. */
async function copying() {
  const harness = await setup()
  const { app, clock } = harness
  const path = await harness.file('a.safetensors')
  const whole = readFileSync(path)
  writeFileSync(path, whole.subarray(0, 50_000))
  const [id = ''] = await app.add(path)
  return {
    ...harness,
    id,
    whole,
    failure: () => app.row(id).failure,
    /** Writes the first bytes of the file, as a copy in progress does a few seconds later. */
    step(bytes: number, running = clock) {
      writeFileSync(path, whole.subarray(0, bytes))
      const at = new Date(running.now() + stepMs)
      utimesSync(path, at, at)
      running.advance(stepMs)
    },
  }
}

test('rechecks a file that is still being copied, and sends it once it is complete', async () => {
  const { app, id, whole, step, failure } = await copying()
  expect(failure()).toEqual({ code: 'file-cut-short', params: { missingBytes: whole.length - 50_000 } })
  step(100_000)
  await app.until(() => failure()?.code === 'file-being-written')
  step(120_000)
  await app.until(() => app.row(id).sizeBytes === 120_000)
  expect(failure()?.code).toBe('file-being-written')
  step(whole.length)
  expect((await app.phase(id, 'registered')).sizeBytes).toBe(whole.length)
})

test('reports the final problem of an incomplete copy, also after a restart', async () => {
  const { app, id, whole, step, failure, open, clock } = await copying()
  step(100_000)
  await app.until(() => failure()?.code === 'file-being-written')
  await app.stop()
  const later = await open()
  expect(later.row(id).failure?.code).toBe('file-being-written')
  clock.advance(stepMs)
  const missingBytes = whole.length - 100_000
  await later.until(() => later.row(id).failure?.params['missingBytes'] === missingBytes)
  expect(later.row(id).failure?.code).toBe('file-cut-short')
})

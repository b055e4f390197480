import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { calls, type CallName } from '../../../electron/contract/calls.ts'
import { failureKinds } from '../../../electron/contract/failures.ts'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { createInputs, type KnownIds } from '../support/call-inputs.ts'
import { expect, test, type EngineHarness } from '../support/fixtures.ts'
import { answerPicker, answerSaving, pressEnterInBoxes } from '../support/main-steps.ts'
import { ask, drag, rowOf } from '../support/page-steps.ts'
import type { RunningApp } from '../support/running-app.ts'

/** Calls that end or suspend the app or the computer, which is what they are for. */
const ending: readonly CallName[] = ['quit', 'installUpdate', 'setWhenDone', 'signOut']
const names = (Object.keys(calls) as CallName[]).filter((name) => !ending.includes(name))

interface Answer {
  readonly isResult: boolean
  readonly code: string | null
}

/** Makes one call with many inputs at the same time. */
function callWith(page: Page, name: CallName, inputs: readonly unknown[]): Promise<Answer[]> {
  return page.evaluate(
    async ([called, values]) => {
      const bridge = window.testBridge as unknown as Record<string, (args: unknown) => Promise<unknown>>
      return Promise.all(
        values.map(async (value) => {
          const answer = (await bridge[called]?.(value)) as { ok?: unknown; failure?: { code: string } }
          return { isResult: typeof answer.ok === 'boolean', code: answer.failure?.code ?? null }
        }),
      )
    },
    [name, [...inputs]] as const,
  )
}

interface FuzzOptions {
  readonly seed: number
  readonly inputsPerCall: number
  /** A model of the library, which no call may delete without a native yes. */
  readonly modelId: string
}

/** Ids of the account, its team, the rows and a model, under the names of the members that take them. */
async function knownIds(page: Page, modelId: string): Promise<KnownIds> {
  const { accounts } = await ask(page, 'session')
  const rows = (await ask(page, 'snapshot')).rows.map(({ id }) => id)
  return {
    accountId: accounts.map(({ id }) => id),
    teamId: [ALICES_TEAM_ID],
    modelId: [modelId],
    modelIds: [modelId],
    ...{ id: rows, ids: rows, before: rows },
  }
}

/** A library with one model and a queue with a broken file, which stays there. */
async function fill({ page }: RunningApp, harness: EngineHarness): Promise<string> {
  const modelId = harness.cloud.addModel(ALICES_TEAM_ID, { model_path: 'models/loras/kept.safetensors' })
  const file = join(harness.folder, 'broken.safetensors')
  writeFileSync(file, 'no model')
  await drag(page, [file])
  // While the page asks the Electron host for the file's path, it answers no calls.
  await expect(rowOf(page, 'broken')).toBeVisible()
  return modelId
}

/** Every call with random inputs; returns how many there were and the longest time of one call's inputs, in ms. */
async function fuzz(
  { page, electron }: RunningApp,
  harness: EngineHarness,
  { seed, inputsPerCall, modelId }: FuzzOptions,
) {
  await pressEnterInBoxes(electron)
  await answerPicker(electron, [])
  await answerSaving(electron, null)
  const inputOf = createInputs(seed, await knownIds(page, modelId))
  let slowest = { name: '', ms: 0 }
  for (const name of names) {
    const startedAtMs = performance.now()
    const inputs = Array.from({ length: inputsPerCall }, () => inputOf(name))
    const answers = await callWith(page, name, inputs)
    const ms = Math.round(performance.now() - startedAtMs)
    if (ms > slowest.ms) slowest = { name, ms }
    const wrong = answers.filter(
      ({ isResult, code }) => !isResult || (code !== null && !(code in failureKinds)),
    )
    expect(wrong, name).toEqual([])
  }
  const log = readFileSync(join(harness.home, 'logs/modelferry.log'), 'utf8')
  expect(log.split('\n').filter((line) => line.includes('threw an exception'))).toEqual([])
  const session = await ask(page, 'session')
  expect(session.accounts).toHaveLength(1)
  expect((await ask(page, 'settings')).servers).toEqual([])
  expect(harness.cloud.modelsOf(ALICES_TEAM_ID).map(({ id }) => id)).toContain(modelId)
  return { inputs: names.length * inputsPerCall, slowest }
}

test('answers random inputs of every call with a result', async ({ app, page, harness }) => {
  expect(page.url()).toMatch(/^(?:app|https):/)
  const modelId = await fill(app, harness)
  const done = await fuzz(app, harness, { seed: 1, inputsPerCall: 8, modelId })
  console.log(`fuzzed calls: ${JSON.stringify(done)}`)
})

test('answers many random inputs of every call', { tag: '@soak' }, async ({ app, page, harness }) => {
  test.setTimeout(30 * 60_000)
  expect(page.url()).toMatch(/^(?:app|https):/)
  const modelId = await fill(app, harness)
  const total = { inputs: 0, slowest: { name: '', ms: 0 } }
  for (let seed = 100; seed < 120; seed += 1) {
    const done = await fuzz(app, harness, { seed, inputsPerCall: 50, modelId })
    total.inputs += done.inputs
    if (done.slowest.ms > total.slowest.ms) total.slowest = done.slowest
  }
  console.log(`fuzzed calls: ${JSON.stringify(total)}`)
})

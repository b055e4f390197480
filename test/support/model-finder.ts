import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type {
  FoundModelView,
  FoundPlacesView,
  FoundPlaceView,
  WorkflowView,
} from '../../electron/contract/discovery.ts'
import { valueOf, type EngineHarness } from './engine.ts'

export const alwaysConfirm = async () => true

/** Writes a model below the user's home folder, where places are searched. */
export const writeToHome = (harness: EngineHarness, path: string) => harness.file(`../person/${path}`)

/** Searches the usual places and returns the view after the search. */
export async function findPlaces(harness: EngineHarness): Promise<FoundPlacesView> {
  const { engine, calls } = harness.app
  return new Promise((resolve) => {
    engine.subscribe({ finding: (view) => view.state !== 'looking' && resolve(view) })
    void calls.findPlaces(undefined)
  })
}

/** The models of a found place. */
export const modelsOf = async (
  { app }: EngineHarness,
  place: FoundPlaceView | undefined,
): Promise<readonly FoundModelView[]> => valueOf(await app.calls.foundModels({ place: place?.id ?? 'none' }))

/** Drops files with a workflow and returns its view once its models have been searched. */
export async function dropWorkflow(harness: EngineHarness, paths: readonly string[]): Promise<WorkflowView> {
  const report = valueOf(await harness.app.calls.addFiles({ paths: [...paths] }))
  expect(report.workflow).toBeTypeOf('string')
  await harness.app.engine.workflows.whenComplete(report.workflow ?? '')
  const view = valueOf(await harness.app.calls.workflow({ id: report.workflow ?? '' }))
  if (!view) throw new Error('the workflow is not open')
  return view
}

/** Name, state, match and local path of each needed model. */
export const modelStates = (view: WorkflowView) =>
  view.needs.map(({ name, stand, by, where }) => [name, stand, by, ...(where === null ? [] : [where])])

/** A workflow that loads LoRAs with these names. */
export const loraWorkflow = (...names: readonly string[]) =>
  JSON.stringify({
    nodes: names.map((name) => ({ type: 'LoraLoader', mode: 0, widgets_values: [name, 1, 1] })),
    links: [],
  })

export function writeFile(harness: EngineHarness, name: string, content: string | Buffer): string {
  const path = join(harness.folder, name)
  writeFileSync(path, content)
  return path
}

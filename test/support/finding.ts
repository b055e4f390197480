import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { FindingView, WorkflowView } from '../../electron/contract/discovery.ts'
import { valueOf, type World } from './engine.ts'

export const agreed = async () => true

/** Files below the person's home folder, where the search looks. */
export const atHome = (world: World, path: string) => world.file(`../person/${path}`)

/** What the uploader tells of the search, once it is over. */
export async function found(world: World, again = true): Promise<FindingView> {
  const { engine, calls } = world.app
  return new Promise((resolve) => {
    engine.subscribe({ finding: (view) => view.state !== 'looking' && resolve(view) })
    void calls.findPlaces({ again })
  })
}

/** A workflow that was dropped, once everything was looked through. */
export async function dropped(world: World, paths: readonly string[]): Promise<WorkflowView> {
  const report = valueOf(await world.app.calls.addFiles({ paths: [...paths] }))
  expect(report.workflow).toBeTypeOf('string')
  await world.app.engine.workflows.settled(report.workflow ?? '')
  const view = valueOf(await world.app.calls.workflow({ id: report.workflow ?? '' }))
  if (!view) throw new Error('the workflow is not known')
  return view
}

export const stands = (view: WorkflowView) =>
  view.needs.map(({ name, stand, by, where }) => [name, stand, by, ...(where === null ? [] : [where])])

export const loader = (...names: readonly string[]) =>
  JSON.stringify({
    nodes: names.map((name) => ({ type: 'LoraLoader', mode: 0, widgets_values: [name, 1, 1] })),
    links: [],
  })

export function write(world: World, name: string, content: string | Buffer): string {
  const path = join(world.folder, name)
  writeFileSync(path, content)
  return path
}

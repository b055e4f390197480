import { expect, test } from 'vitest'
import { createConflictSettings } from '../../../electron/conflicts/conflict-settings.ts'
import { success } from '../../../electron/contract/failures.ts'
import type { StoredChoices } from '../../../electron/platform/environment.ts'

function setup(stored: Readonly<Record<string, string>> = {}) {
  const values = new Map(Object.entries(stored))
  const writes: string[] = []
  const choices: StoredChoices = {
    get: (name) => values.get(name) ?? null,
    set(name, value) {
      writes.push(`${name}: ${value}`)
      values.set(name, value)
      return success(undefined)
    },
  }
  return { choices }
}

test('the command line uses the conflict settings that the app has stored', () => {
  const { choices } = setup()
  createConflictSettings(choices, { onConflict: 'ask' }).apply({
    onConflict: 'rename',
    replacedFate: 'delete',
  })
  const ofCommandLine = createConflictSettings(choices, {})
  expect([ofCommandLine.onConflict(), ofCommandLine.replacedFate()]).toEqual(['rename', 'delete'])
})

test('stored conflict settings that this version does not support count as not set', () => {
  const { choices } = setup({ 'on-conflict': 'merge', 'replaced-fate': 'archive' })
  const settings = createConflictSettings(choices, {})
  expect([settings.onConflict(), settings.replacedFate()]).toEqual(['ask', 'disable'])
})

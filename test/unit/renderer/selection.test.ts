import { expect, test } from 'vitest'
import { Selection } from '../../../renderer/ui/list/selection.svelte.ts'

const ids = ['a', 'b', 'c', 'd']

test('extends from the focused row once the row of the last click is gone', () => {
  const selection = new Selection()
  selection.select('gone')
  selection.focused = 'b'
  selection.extend('c', ids)
  selection.extend('d', ids)
  expect([...selection.selected]).toEqual(['b', 'c', 'd'])
})

test('extends from the focused row if no row was selected before', () => {
  const selection = new Selection()
  selection.focused = 'c'
  selection.extend('b', ids)
  selection.extend('a', ids)
  expect([...selection.selected]).toEqual(['a', 'b', 'c'])
})

test('selects the row itself if neither the last click nor the focus is on a row', () => {
  const selection = new Selection()
  selection.select('gone')
  selection.extend('c', ids)
  expect([...selection.selected]).toEqual(['c'])
})

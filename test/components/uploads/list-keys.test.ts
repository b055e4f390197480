import { expect, test } from 'vitest'
import { listCommandFor } from '../../../renderer/ui/list/list-keys.ts'
import { Selection } from '../../../renderer/ui/list/selection.svelte.ts'
import { TypeAhead } from '../../../renderer/ui/list/type-ahead.ts'

const key = (
  name: string,
  held: Partial<Record<'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey', boolean>> = {},
) => ({
  key: name,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...held,
})
const list = { count: 100, pageRows: 8, isTyping: false }

test('Ctrl+A and Cmd+A select all rows', () => {
  expect(listCommandFor(key('a', { ctrlKey: true }), 5, list)).toEqual({ kind: 'select-all' })
  expect(listCommandFor(key('A', { metaKey: true }), 5, list)).toEqual({ kind: 'select-all' })
})

test('Backspace removes rows like Delete, except in a list of records', () => {
  expect(listCommandFor(key('Backspace'), 5, list)).toEqual({ kind: 'remove' })
  expect(listCommandFor(key('Backspace'), 5, { ...list, isRecord: true })).toBeNull()
  expect(listCommandFor(key('Delete'), 5, { ...list, isRecord: true })).toEqual({ kind: 'remove' })
})

test('Space pauses, but belongs to the word while one is typed', () => {
  expect(listCommandFor(key(' '), 5, list)).toEqual({ kind: 'toggle' })
  expect(listCommandFor(key(' '), 5, { ...list, isTyping: true })).toEqual({
    kind: 'type-ahead',
    letter: ' ',
  })
})

test('letters form one word; after a pause a new word starts behind the focused row', () => {
  const finder = new TypeAhead()
  const ids = ['flux', 'film', 'fire', 'vae']
  const find = (letter: string, nowMs: number, focused: string | null) =>
    finder.find(letter, nowMs, { ids, focused, nameOf: (id) => id })
  expect(find('f', 0, null)).toBe('flux')
  expect(find('i', 100, 'flux')).toBe('film')
  expect(find('r', 200, 'film')).toBe('fire')
  expect(find('f', 5_000, 'fire')).toBe('flux')
})

test('Shift selects from the last single selection in either direction', () => {
  const selection = new Selection()
  const ids = ['a', 'b', 'c', 'd']
  selection.select('c')
  selection.extend('d', ids)
  expect([...selection.selected]).toEqual(['c', 'd'])
  selection.extend('a', ids)
  expect([...selection.selected]).toEqual(['a', 'b', 'c'])
  selection.toggle('b')
  expect(selection.selectedInOrder(ids)).toEqual(['a', 'c'])
})

test('Shift selects from the focused row if no row was selected before', () => {
  const selection = new Selection()
  selection.focused = 'c'
  selection.extend('b', ['a', 'b', 'c'])
  expect([...selection.selected]).toEqual(['b', 'c'])
})

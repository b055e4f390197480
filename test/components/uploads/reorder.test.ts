import { tick } from 'svelte'
import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { openPage, type OpenPage } from '../support/open-page.ts'
import { failedRow, patchOf, row, sendingRow } from '../support/rows.ts'

const names = ['Aurora', 'Basalt', 'Cobalt', 'Dune']
const waiting = (some = names) => some.map((name, position) => row(name, { position }))
const rowElement = (name: string) => {
  const element = document.querySelector<HTMLElement>(`[data-id="${name}"]`)
  if (!element) throw new Error(`there is no row ${name}`)
  return element
}

interface Point {
  readonly x: number
  readonly y: number
}

function pointer(type: string, { x, y }: Point, target: EventTarget = window): void {
  const buttons = type === 'pointerup' ? 0 : 1
  const at = { clientX: x, clientY: y, buttons, pointerId: 1, pointerType: 'mouse', bubbles: true }
  target.dispatchEvent(new PointerEvent(type, { ...at, button: type === 'pointermove' ? -1 : 0 }))
}

/** A point of a row, at a share of its height. */
function pointOf(name: string, share = 0.5): Point {
  const { left, top, height } = rowElement(name).getBoundingClientRect()
  return { x: left + 60, y: top + height * share }
}

/** Drags a row without dropping it; a real pointer moves in tasks of their own. */
async function drag(name: string, ...points: readonly Point[]): Promise<void> {
  pointer('pointerdown', pointOf(name), rowElement(name))
  for (const point of points) {
    await tick()
    pointer('pointermove', point)
  }
  await tick()
}

const dropLine = () => document.querySelector('.drop')?.getBoundingClientRect().top
const dragLabel = () => document.querySelector('[popover]')?.textContent.trim()

test('a dragged upload shows where it lands and is moved there', async () => {
  const { rowOf, asked } = await openPage({ rows: waiting() })
  await expect.element(rowOf('Dune')).toBeVisible()
  await drag('Dune', pointOf('Dune', 0.7), pointOf('Basalt', 0.2))
  await expect.poll(dragLabel).toBe('Dune')
  const edge = rowElement('Basalt').getBoundingClientRect().top
  await expect.poll(() => Math.abs((dropLine() ?? 0) - edge) < 4).toBe(true)
  pointer('pointerup', pointOf('Basalt', 0.2))
  await expect.poll(() => asked).toEqual([{ name: 'moveUploads', args: { ids: ['Dune'], before: 'Basalt' } }])
  await expect.poll(dragLabel).toBe(undefined)
})

test('all selected uploads are dragged together, below the last row too', async () => {
  const { rowOf, asked } = await openPage({ rows: waiting() })
  await userEvent.click(rowOf('Aurora'))
  await userEvent.click(rowOf('Basalt'), { modifiers: ['Shift'] })
  await drag('Basalt', pointOf('Cobalt'), { x: 80, y: window.innerHeight - 60 })
  await expect.poll(dragLabel).toBe('2 uploads')
  pointer('pointerup', { x: 80, y: window.innerHeight - 60 })
  await expect
    .poll(() => asked)
    .toEqual([{ name: 'moveUploads', args: { ids: ['Aurora', 'Basalt'], before: null } }])
})

test('Escape cancels a drag and changes nothing', async () => {
  const { rowOf, asked } = await openPage({ rows: waiting() })
  await userEvent.click(rowOf('Dune'))
  await drag('Dune', pointOf('Aurora', 0.1))
  await expect.poll(dragLabel).toBe('Dune')
  await userEvent.keyboard('{Escape}')
  await expect.poll(dropLine).toBe(undefined)
  pointer('pointerup', pointOf('Aurora', 0.1))
  await expect.element(rowOf('Dune')).toHaveAttribute('aria-selected', 'true')
  expect(asked).toEqual([])
})

test('a small movement is a click, and a drop in the same place changes nothing', async () => {
  const { rowOf, asked } = await openPage({ rows: waiting() })
  await expect.element(rowOf('Basalt')).toBeVisible()
  const { x, y } = pointOf('Basalt')
  await drag('Basalt', { x: x + 2, y: y + 2 })
  expect(dragLabel()).toBe(undefined)
  pointer('pointerup', { x, y })
  await drag('Basalt', { x, y: y + 10 }, pointOf('Basalt', 0.9))
  await expect.poll(dragLabel).toBe('Basalt')
  pointer('pointerup', pointOf('Basalt', 0.9))
  await expect.poll(dragLabel).toBe(undefined)
  expect(asked).toEqual([])
})

test('the list scrolls while an upload is dragged at its edge', async () => {
  const many = Array.from({ length: 200 }, (_, index) => `Model ${index}`)
  const { rowOf, asked, screen } = await openPage({ rows: waiting(many) })
  await expect.element(rowOf('Model 1')).toBeVisible()
  const viewport = screen.container.querySelector('.viewport')
  const bottom = { x: 80, y: (viewport?.getBoundingClientRect().bottom ?? 0) - 4 }
  await drag('Model 1', pointOf('Model 2'), bottom)
  await expect.poll(() => viewport?.scrollTop ?? 0).toBeGreaterThan(600)
  pointer('pointerup', bottom)
  await expect.poll(() => asked.map(({ name }) => name)).toEqual(['moveUploads'])
  const { before } = asked[0]?.args as { readonly before: string }
  expect(Number(before.split(' ')[1])).toBeGreaterThan(15)
})

test.each([
  ['in progress', sendingRow('Flux')],
  ['that failed', failedRow('Flux')],
])('dragging an upload %s says what can be moved', async (_, other) => {
  const { screen, rowOf, asked } = await openPage({ rows: [other, ...waiting()] })
  await expect.element(rowOf('Dune')).toBeVisible()
  await drag('Flux', pointOf('Dune'))
  await expect
    .element(screen.getByText('Only waiting and paused uploads can be reordered.', { exact: false }))
    .toBeVisible()
  pointer('pointerup', pointOf('Dune'))
  expect(asked).toEqual([])
})

test('in another order the list offers the upload order instead of a drag', async () => {
  const { screen, rowOf, asked, lines } = await openPage({ rows: waiting(names.toReversed()) })
  await userEvent.click(screen.getByRole('button', { name: 'Sort by: Upload order' }))
  await userEvent.click(screen.getByRole('menuitemradio', { name: 'Name', exact: true }))
  await expect.poll(() => lines()[1]).toMatch(/^Aurora/)
  await userEvent.click(rowOf('Aurora'))
  await drag('Aurora', pointOf('Dune'))
  pointer('pointerup', pointOf('Dune'))
  await userEvent.click(screen.getByRole('button', { name: 'Show upload order' }))
  await expect.poll(() => lines()[1]).toMatch(/^Dune/)
  expect(asked).toEqual([])
})

test.each([
  ['{Alt>}{ArrowUp}{/Alt}', ['Cobalt'], 'Basalt', 'Cobalt: position 2 of 4'],
  ['{Alt>}{ArrowDown}{/Alt}', ['Cobalt'], null, 'Cobalt: position 4 of 4'],
  ['{Alt>}{Home}{/Alt}', ['Cobalt'], 'Aurora', 'Cobalt: position 1 of 4'],
  [
    '{Shift>}{ArrowUp}{/Shift}{Alt>}{ArrowUp}{/Alt}',
    ['Basalt', 'Cobalt'],
    'Aurora',
    '2 uploads: position 1 of 4',
  ],
])('%s moves uploads and says where they are', async (keys, ids, before, announced) => {
  const { screen, rowOf, asked } = await openPage({ rows: waiting() })
  await userEvent.click(rowOf('Cobalt'))
  await userEvent.keyboard(keys)
  await expect.poll(() => asked).toEqual([{ name: 'moveUploads', args: { ids, before } }])
  await expect.element(screen.getByText(announced)).toBeInTheDocument()
})

/** The page with uploads in this order and a search for "kr". */
async function searchFor(order: readonly string[]): Promise<OpenPage> {
  const page = await openPage({ rows: waiting([...order]) })
  page.emit('command', 'find')
  await userEvent.type(page.screen.getByLabelText('Search uploads'), 'kr')
  const shown = order.filter((name) => name.startsWith('Kr'))
  await expect.poll(() => page.lines()).toHaveLength(shown.length + 1)
  return page
}

test.each([
  ['{Alt>}{ArrowUp}{/Alt}', 'Krill', 'Kroma', 'Krill: position 2 of 3'],
  ['{Alt>}{ArrowDown}{/Alt}', 'Krea', 'Krill', 'Krea: position 2 of 3'],
  ['{Alt>}{ArrowDown}{/Alt}', 'Kroma', 'Dune', 'Kroma: position 3 of 3'],
  ['{Alt>}{Home}{/Alt}', 'Krill', 'Krea', 'Krill: position 1 of 3'],
])('in a search, %s moves %s among the uploads shown', async (keys, name, before, announced) => {
  const { screen, rowOf, asked } = await searchFor(['Krea', 'Aurora', 'Kroma', 'Basalt', 'Krill', 'Dune'])
  await userEvent.click(rowOf(name))
  await userEvent.keyboard(keys)
  await expect.poll(() => asked).toEqual([{ name: 'moveUploads', args: { ids: [name], before } }])
  await expect.element(screen.getByText(announced)).toBeInTheDocument()
})

async function uploadByName({ screen }: OpenPage): Promise<void> {
  await userEvent.click(screen.getByRole('button', { name: /^Sort by:/ }))
  await userEvent.click(screen.getByRole('menuitemradio', { name: 'Name', exact: true }))
  await userEvent.click(screen.getByRole('button', { name: /^Sort by:/ }))
  await userEvent.click(screen.getByRole('menuitem', { name: /^Upload in this order/ }))
}

const movesOf = ({ asked }: OpenPage) =>
  asked.filter(({ name }) => name === 'moveUploads').map(({ args }) => args)

test('Undo of a sorted upload order leaves newer uploads last', async () => {
  const page = await openPage({ rows: waiting(['Cobalt', 'Basalt', 'Aurora']) })
  await uploadByName(page)
  const moves = () => movesOf(page)
  await expect.poll(moves).toEqual([{ ids: ['Aurora', 'Basalt', 'Cobalt'], before: null }])
  page.emit('patch', patchOf(2, waiting(['Aurora', 'Basalt', 'Cobalt', 'New'])))
  await expect.element(page.rowOf('New')).toBeVisible()
  await userEvent.click(page.screen.getByRole('button', { name: 'Undo' }))
  await expect.poll(() => moves().at(-1)).toEqual({ ids: ['Cobalt', 'Basalt', 'Aurora'], before: 'New' })
})

test('a sorted upload order applies to the uploads shown, and others keep their places', async () => {
  const page = await searchFor(['Krona', 'Basalt', 'Kroma', 'Aurora', 'Krea', 'Amber'])
  await uploadByName(page)
  await expect
    .poll(() => movesOf(page))
    .toEqual([{ ids: ['Krea', 'Basalt', 'Kroma', 'Aurora', 'Krona'], before: 'Amber' }])
  await expect
    .element(page.screen.getByText('Changed the order of 3 uploads.', { exact: false }))
    .toBeVisible()
})

test('waiting uploads are moved among the waiting ones only', async () => {
  const rows = [
    row('Aurora'),
    row('Basalt', { position: 1, phase: 'paused' }),
    row('Cobalt', { position: 2 }),
  ]
  const { rowOf, asked } = await openPage({ rows })
  await expect.element(rowOf('Basalt')).toBeVisible()
  rowOf('Cobalt').element().focus()
  await userEvent.keyboard('{Alt>}{ArrowUp}{/Alt}')
  const moved = { name: 'moveUploads', args: { ids: ['Cobalt'], before: 'Aurora' } }
  await expect.poll(() => asked).toEqual([moved])
  await drag('Aurora', pointOf('Aurora', 0.7), pointOf('Basalt', 0.9))
  const edge = rowElement('Cobalt').getBoundingClientRect().bottom
  await expect.poll(() => Math.abs((dropLine() ?? 0) - edge) < 4).toBe(true)
  pointer('pointercancel', pointOf('Basalt'))
})

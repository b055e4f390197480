import { expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { success } from '../../../electron/contract/failures.ts'
import { listing, model } from '../support/library.ts'
import { openPage, type OpenPage } from '../support/open-page.ts'
import { openReview } from '../support/review.ts'
import { account, registeredRow, row, signedIn } from '../support/rows.ts'

const rows = [
  ...['Aurora', 'Basalt', 'Cobalt', 'Dune'].map((name, position) => row(name, { position })),
  registeredRow('Depth'),
]
const manyTeams = Array.from({ length: 30 }, (_, index) => ({ id: `team ${index}`, name: `Team ${index}` }))
const answers = {
  session: () => success(signedIn(account({ teams: manyTeams }))),
  library: () => success(listing([model('Wan')])),
}

interface Overlay {
  /** Of the element that must stay inside the window. */
  readonly selector: string
  /** The last thing in it, which must be reachable. */
  readonly last: string
  readonly open: () => Promise<OpenPage>
}

/** Opens the page and a menu by the button with this name. */
async function openByButton(name: RegExp): Promise<OpenPage> {
  const opened = await openPage({ rows, answers })
  opened.screen.getByRole('button', { name }).element().focus()
  await userEvent.keyboard('{Enter}')
  return opened
}

async function openWith(act: (opened: OpenPage) => unknown): Promise<OpenPage> {
  const opened = await openPage({ rows, answers })
  await expect.poll(() => document.activeElement?.getAttribute('data-id')).toBe('Aurora')
  await act(opened)
  return opened
}

const menu = { selector: '[role=menu]', last: '[role^=menuitem]' }
const dialog = { selector: 'dialog[open]', last: '.footer button' }

const overlays: Readonly<Record<string, Overlay>> = {
  'the team picker': { ...menu, open: () => openByButton(/^Team:/) },
  'the menu “Add”': { ...menu, open: () => openByButton(/^Add$/) },
  'the main menu': { ...menu, open: () => openByButton(/^More$/) },
  'the order of the list': { ...menu, open: () => openByButton(/^Sort by/) },
  'the speed limit': { selector: '[role=dialog]', last: 'input', open: () => openByButton(/^Speed limit/) },
  'the menu of a row': { ...menu, open: () => openWith(() => userEvent.keyboard('{Shift>}{F10}{/Shift}')) },
  'the menu at the edge of the window': {
    ...menu,
    open: () =>
      openWith(() => {
        const [clientX, clientY] = [window.innerWidth - 2, window.innerHeight - 2]
        const event = { clientX, clientY, bubbles: true, cancelable: true }
        document.querySelector('[data-id=Aurora]')?.dispatchEvent(new MouseEvent('contextmenu', event))
      }),
  },
  'the types of an upload': {
    selector: '[role=listbox]',
    last: '[role=option]',
    open: () =>
      openWith(async ({ screen }) => {
        await userEvent.keyboard('{F2}')
        await userEvent.click(screen.getByRole('button', { name: /^Type: loras/ }))
        await userEvent.keyboard('{ArrowDown}')
      }),
  },
  'the shortcuts': { ...dialog, open: () => openWith(({ emit }) => emit('command', 'show-shortcuts')) },
  'the proxy sign-in': {
    ...dialog,
    open: () =>
      openWith(({ emit }) =>
        emit('session', { ...signedIn(), proxy: { proxy: 'http://proxy.example:8080', wasRefused: true } }),
      ),
  },
  'the question about the keychain': {
    ...dialog,
    open: () => openWith(({ emit }) => emit('session', { ...signedIn(), keychain: 'locked' })),
  },
  'the form for several uploads': {
    ...dialog,
    open: () =>
      openWith(async ({ screen }) => {
        await userEvent.keyboard('{Control>}a{/Control}{Shift>}{F10}{/Shift}')
        await userEvent.click(screen.getByRole('menuitem', { name: /^Edit type/ }))
      }),
  },
  'the review': { ...dialog, open: () => openReview() },
}

/** Sizes of the window in CSS pixels. */
const sizes = [
  { name: '480 × 400', width: 480, height: 400 },
  { name: '480 × 400 at 200 %', width: 240, height: 200 },
]
const cases = sizes.flatMap((size) => Object.keys(overlays).map((name) => ({ ...size, overlay: name })))

/** The box of an element, in whole pixels. */
function boxOf(element: Element) {
  const { left, top, right, bottom } = element.getBoundingClientRect()
  return { left: Math.ceil(left), top: Math.ceil(top), right: Math.floor(right), bottom: Math.floor(bottom) }
}

test.each(cases)(
  '$overlay stays inside the window and scrolls ($name)',
  async ({ width, height, overlay }) => {
    await page.viewport(width, height)
    const { selector, last, open } = overlays[overlay] as Overlay
    await open()
    const found = () => document.querySelector(selector)
    await expect.poll(() => found()?.getBoundingClientRect().height ?? 0).toBeGreaterThan(20)
    const isInside = () => {
      const box = boxOf(found() as Element)
      return box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height
    }
    await expect.poll(isInside).toBe(true)
    const end = [...(found()?.querySelectorAll(last) ?? [])].at(-1) as Element
    end.scrollIntoView({ block: 'nearest' })
    const [inner, outer] = [boxOf(end), boxOf(found() as Element)]
    expect(inner.top).toBeGreaterThanOrEqual(outer.top)
    expect(inner.bottom).toBeLessThanOrEqual(outer.bottom)
  },
)

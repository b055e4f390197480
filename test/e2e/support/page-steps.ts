import type { Locator, Page } from '@playwright/test'
import type { Bridge, CallAnswer } from '../../../electron/contract/calls.ts'
import type { Result } from '../../../electron/contract/failures.ts'
import { bridge } from '../../../renderer/bridge.ts'
import { ALICE } from '../../cloud/accounts.ts'
import type { DemoAccount } from '../../cloud/accounts.ts'

declare global {
  interface Window {
    /** See `exposeBridge`. */
    readonly testBridge: Bridge
  }
}

/** Exposes the page's own connection to scripts of a test, as `window.testBridge`. */
export async function exposeBridge(page: Page): Promise<void> {
  await page.evaluate(`window.testBridge = (${bridge.toString()})()`)
}

/**
 * Signs in by the call that the form makes, and chooses the account's first team unless one is chosen already;
 * for tests that are not about either.
 */
export async function signIn(
  page: Page,
  { email, password }: DemoAccount = ALICE,
  { isTeamChosen = true } = {},
): Promise<void> {
  const text = await page.evaluate((login) => window.modelferry?.signIn(login), { email, password })
  const answer = parseAnswer<CallAnswer<'signIn'>>(text)
  if (!answer.ok) throw new Error(`signIn: ${JSON.stringify(answer)}`)
  if (isTeamChosen) await chooseFirstTeam(page, answer.value, email)
  await page.getByRole('form').waitFor({ state: 'detached' })
}

/** Signs in by the form, as a user does, and chooses the account's first team unless one is chosen already. */
export async function signInByForm(
  page: Page,
  account: DemoAccount = ALICE,
  { isTeamChosen = true } = {},
): Promise<void> {
  await fillSignIn(page, account.email, account.password)
  await page.getByRole('form').waitFor({ state: 'detached' })
  if (isTeamChosen) await chooseFirstTeam(page, await ask(page, 'session'), account.email)
}

async function chooseFirstTeam(
  page: Page,
  { accounts, chosen }: CallAnswer<'session'>,
  email: string,
): Promise<void> {
  const account = accounts.find((one) => one.kind === 'session' && one.email === email)
  const [team] = account?.teams ?? []
  if (chosen || !account || !team) return
  const choice = { accountId: account.id, teamId: team.id }
  await page.evaluate((first) => window.modelferry?.chooseTeam(first), choice)
}

/** Fills in and submits the form. */
export async function fillSignIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('Email', { exact: true }).fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

type DragStep = 'dragEnter' | 'dragOver' | 'drop'

/** Drags real files over the middle of the window; by default they are dropped. */
export async function drag(
  page: Page,
  files: readonly string[],
  steps: readonly DragStep[] = ['dragEnter', 'dragOver', 'drop'],
): Promise<void> {
  const [width, height] = await page.evaluate(() => [innerWidth, innerHeight] as const)
  const session = await page.context().newCDPSession(page)
  const dropped = steps.includes('drop') ? await listenForDrop(page) : null
  for (const type of steps) {
    const data = { items: [], files: [...files], dragOperationsMask: 1 }
    await session.send('Input.dispatchDragEvent', { type, x: width / 2, y: height / 2, data })
  }
  await dropped?.()
  await session.detach()
}

/** Chromium may answer before the page gets the drop, and the end of the session may discard it. */
async function listenForDrop(page: Page): Promise<() => Promise<void>> {
  const drop = await page.evaluateHandle(() => ({
    received: new Promise<void>((resolve) =>
      window.addEventListener('drop', () => resolve(), { once: true, capture: true }),
    ),
  }))
  return () => drop.evaluate(({ received }) => received)
}

/** Drags real files over elements, one after the other, and drops them on the last one. */
export async function dragOnto(
  page: Page,
  files: readonly string[],
  targets: readonly Locator[],
): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: [...files], dragOperationsMask: 1 }
  const dropped = await listenForDrop(page)
  let [x, y] = [0, 0]
  await session.send('Input.dispatchDragEvent', { type: 'dragEnter', x, y, data })
  for (const target of targets) {
    const box = await target.boundingBox()
    if (!box) throw new Error('an element to drop files on is not visible')
    x = box.x + box.width / 2
    y = box.y + box.height / 2
    await session.send('Input.dispatchDragEvent', { type: 'dragOver', x, y, data })
  }
  await session.send('Input.dispatchDragEvent', { type: 'drop', x, y, data })
  await dropped()
  await session.detach()
}

const beginsWith = (text: string) => new RegExp(`^${text.replace(/[^\w ]/g, '\\$&')}`)

/** The row of an upload, by its display name. */
export function rowOf(page: Page, name: string): Locator {
  return page.getByRole('row', { name: beginsWith(`${name}, `) })
}

/** The line of an error above the rows that have it. */
export const errorOf = (page: Page, words: string): Locator => page.getByRole('rowheader', { name: words })

/** The status of a row while its bytes are sent; those of a small file fit into the sockets' buffers. */
export const underWayText = /Uploading|Finishing/

/** Picks an item of a menu whose button is in the page or in a part of it, by the names of both. */
export async function pick(
  within: Page | Locator,
  menu: string | RegExp,
  item: string | RegExp,
): Promise<void> {
  await within.getByRole('button', { name: menu }).click()
  // An open menu is outside the part that has its button.
  const page = 'page' in within ? within.page() : within
  await page
    .getByRole('menu')
    .getByText(item, { exact: typeof item === 'string' })
    .click()
}

const parseAnswer = <T>(text = 'null') => JSON.parse(text) as Result<T>

type Question = 'session' | 'snapshot' | 'settings' | 'update' | 'thirdPartyNotices'

/** The result of a call without arguments, made as the page makes it. */
export async function ask<Name extends Question>(page: Page, name: Name): Promise<CallAnswer<Name>> {
  const text = await page.evaluate(async (which: Question) => window.modelferry?.[which](), name)
  const answer = parseAnswer<CallAnswer<Name>>(text)
  if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer)}`)
  return answer.value
}

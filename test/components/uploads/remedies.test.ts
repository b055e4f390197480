import { expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import {
  failure,
  failureKinds,
  isBrokenFile,
  type FailureCode,
  type Remedy,
} from '../../../electron/contract/failures.ts'
import { failureStateOf, isRecheckedSoon } from '../../../electron/contract/uploads.ts'
import { catalogues, failureText, translatorFor } from '../../../electron/messages/messages.ts'
import { openPage } from '../support/open-page.ts'
import { failedRow, noonMs, patchOf, row, sendingRow } from '../support/rows.ts'

const buttons: Readonly<Record<Remedy, string>> = {
  retry: 'Try again',
  check: 'Check again',
  allow: 'View warning',
  'sign-in': 'Sign in',
  proxy: 'Sign in to proxy',
  edit: 'Change',
  remove: 'Remove',
  settings: 'Open settings',
  choose: 'Choose…',
  wait: 'Try now',
  none: 'Try again',
}
const buttonOf = (code: FailureCode) =>
  isBrokenFile(failure(code)) ? 'Remove' : buttons[failureKinds[code].remedy]
/** A value for each parameter of a code's message. */
const paramsOf = (code: FailureCode) =>
  Object.fromEntries(
    [...catalogues.en[`failure.${code}`].matchAll(/\{(\w+)/g)].map(([, name = '']) => [name, 12]),
  )
const codes = Object.keys(failureKinds) as FailureCode[]

test('shows each failure above its row, with message and one remedy', async () => {
  const { screen, emit } = await openPage({ rows: [row('Flux')] })
  for (const [index, code] of codes.filter((one) => !isRecheckedSoon(failure(one))).entries()) {
    const why = failure(code, paramsOf(code))
    const refused = failedRow('Flux', why)
    emit('patch', patchOf(index + 2, [refused]))
    const name = failureText(why, translatorFor('en'), failureStateOf(refused))
    await expect.element(screen.getByRole('rowheader', { name, exact: true })).toBeVisible()
    const remedy = screen.getByRole('grid').getByRole('button', { name: buttonOf(code), exact: true })
    await expect.element(remedy, { message: code }).toBeVisible()
  }
})

test('says an error of several uploads once, with its remedy for all of them', async () => {
  const refused = failure('forbidden', { team: 'Aurora' })
  const rows = [
    failedRow('Flux', refused),
    failedRow('Path', failure('target-path'), { position: 1 }),
    failedRow('Wan', refused, { position: 2 }),
  ]
  const { lines, screen, asked } = await openPage({ rows })
  const names = () => lines().map((line) => line.split(/[,.]/)[0])
  await expect
    .poll(names)
    .toEqual([
      'Needs attention 3',
      'You can’t add models to Aurora',
      'Flux',
      'Wan',
      'The server doesn’t accept this library path',
      'Path',
    ])
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(asked).toEqual([{ name: 'retry', args: { ids: ['Flux', 'Wan'] } }])
})

test('an unsafe file is uploaded from its details; the main process asks first', async () => {
  const why = failure('file-dangerous', { imports: 'os.system' })
  const { screen, asked } = await openPage({ rows: [failedRow('Flux', why)] })
  await userEvent.click(screen.getByRole('button', { name: 'View warning' }))
  const button = screen.getByRole('complementary').getByRole('button', { name: 'Upload anyway…' })
  await expect.element(button).toHaveFocus()
  await expect
    .element(button)
    .toHaveAccessibleDescription(/^Dangerous: loading this file would run “os.system/)
  expect(asked.filter(({ name }) => name === 'allow')).toEqual([])
  await userEvent.click(button)
  expect(asked).toContainEqual({ name: 'allow', args: { ids: ['Flux'] } })
})

test('a PyTorch file whose scan found no code is described as such', async () => {
  const flux = row('Flux')
  const recognition = { ...flux.recognition, format: 'pytorch', hasNoCode: true } as const
  const { rowOf, screen } = await openPage({ rows: [{ ...flux, recognition }] })
  await userEvent.dblClick(rowOf('Flux'), { position: { x: 12, y: 12 } })
  await expect
    .element(screen.getByRole('complementary'))
    .toMatchTextContent('PyTorch file, no harmful code found')
})

test('the sign-in remedy opens the sign-in view, which leads back', async () => {
  const { screen, rowOf } = await openPage({ rows: [failedRow('Flux', failure('keychain-locked'))] })
  await userEvent.click(screen.getByRole('grid').getByRole('button', { name: 'Sign in' }))
  await expect.element(screen.getByRole('heading', { name: 'Modelferry' })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Back' }))
  await expect.element(rowOf('Flux')).toBeVisible()
})

test('copies the code of a failure', async () => {
  const { screen, rowOf, asked } = await openPage({ rows: [failedRow('Flux')] })
  await userEvent.dblClick(rowOf('Flux'), { position: { x: 12, y: 12 } })
  await userEvent.click(screen.getByRole('button', { name: 'Copy error code' }))
  expect(asked).toContainEqual({ name: 'copyText', args: { text: 'file-missing' } })
  await expect.element(screen.getByText('Copied', { exact: false })).toBeVisible()
})

test('a failure without its message parameters is still shown', async () => {
  const { screen } = await openPage({ rows: [failedRow('Flux', failure('file-cut-short'))] })
  await expect.element(screen.getByRole('rowheader', { name: 'Something went wrong.' })).toBeVisible()
})

test('the server’s reason is part of the message in the list, in the details and to a screen reader', async () => {
  const serverMessage = 'Type "loras" is frozen until <b>Thursday</b>'
  const why = failure('bad-request', {}, { serverMessage: `${serverMessage}\u202e.\u0007` })
  const { screen, rowOf, emit } = await openPage({ rows: [row('Flux')] })
  emit('patch', patchOf(2, [failedRow('Flux', why)]))
  const message = `The server rejected this upload: “${serverMessage}”. Change the name, type or path, then try again.`
  await expect.element(screen.getByRole('rowheader', { name: message })).toBeVisible()
  await expect.element(screen.getByRole('alert')).toMatchTextContent(message)
  await userEvent.dblClick(rowOf('Flux'), { position: { x: 12, y: 12 } })
  await expect.element(screen.getByRole('complementary')).toMatchTextContent(message)
})

test('promises a retry only while a row waits for it', async () => {
  const why = failure('server-trouble', { status: 503 })
  const waiting = row('Flux', { phase: 'retrying', failure: why, retryAtMs: noonMs })
  const { screen, rowOf, emit } = await openPage({ rows: [waiting] })
  await userEvent.dblClick(rowOf('Flux'), { position: { x: 12, y: 12 } })
  const pane = screen.getByRole('complementary')
  await expect.element(pane).toMatchTextContent('The upload is retried automatically.')
  emit('patch', { ...patchOf(2, [waiting]), allPaused: true })
  await expect.element(pane).toMatchTextContent('Nothing is lost. Try again later.')
  await userEvent.hover(pane)
  emit('patch', patchOf(3, [failedRow('Flux', why)]))
  await expect.element(screen.getByRole('grid')).toMatchTextContent('Nothing is lost. Try again later.')
  await expect.element(pane).not.toMatchTextContent('automatically')
})

test('the last failure disappears from the details once the upload runs again', async () => {
  const why = failure('connection-lost', { host: 'x' })
  const { screen, rowOf, emit } = await openPage({
    rows: [row('Flux', { phase: 'retrying', failure: why, retryAtMs: noonMs })],
  })
  await userEvent.dblClick(rowOf('Flux'), { position: { x: 12, y: 12 } })
  const pane = screen.getByRole('complementary')
  await expect.element(pane).toMatchTextContent('Connection lost')
  emit('patch', patchOf(2, [sendingRow('Flux', { failure: why })]))
  await expect.element(pane).toMatchTextContent('Uploading')
  await expect.element(pane).not.toMatchTextContent('Connection lost')
})

import { expect, onTestFinished, test, vi } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import { openExternal } from '../../../electron/desktop/security/open-external.ts'
import { shell } from '../../electron-host/desktop.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

const server = 'https://models.example/api/v1'

/** A browser, and a log of what happened. */
function setup() {
  const opened = vi.spyOn(shell, 'openExternal').mockResolvedValue(undefined)
  onTestFinished(() => opened.mockRestore())
  return { opened, ...createTestEnvironment(standingClock()) }
}

test('opens an address of the server in the browser', async () => {
  const { opened, log, lines } = setup()
  expect(await openExternal('HTTPS://models.example/a b', server, log)).toEqual(success(undefined))
  expect(opened.mock.calls).toEqual([['https://models.example/a%20b']])
  expect(lines).toEqual([])
})

test.each(['https://elsewhere.example/', 'file:///usr/bin/true', 'javascript:alert(1)', 'not an address'])(
  'rejects the address %s',
  async (address) => {
    const { opened, log, lines } = setup()
    expect(await openExternal(address, server, log)).toEqual(failed(failure('bad-call')))
    expect(opened).not.toHaveBeenCalled()
    expect(lines).toEqual([{ level: 'warn', message: 'an address was rejected', facts: { address } }])
  },
)

test('a caller can accept other addresses', async () => {
  const { opened, log } = setup()
  const isAllowed = (address: string, ofServer: string) =>
    address === 'https://elsewhere.example/' && ofServer === server
  expect(await openExternal('https://elsewhere.example/', server, log, isAllowed)).toEqual(success(undefined))
  expect(await openExternal('https://models.example/', server, log, isAllowed)).toMatchObject({ ok: false })
  expect(opened).toHaveBeenCalledTimes(1)
})

test('says that no browser could be started', async () => {
  const { opened, log, lines } = setup()
  opened.mockRejectedValue(new Error('no browser'))
  expect(await openExternal('https://models.example/', server, log)).toEqual(failed(failure('unexpected')))
  expect(lines).toMatchObject([{ level: 'error', message: 'an address could not be opened' }])
})

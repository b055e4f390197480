import { expect, onTestFinished, test, vi } from 'vitest'
import { createSystemProxyFinder } from '../../../electron/desktop/network/system-proxy.ts'
import { defaultSession } from '../../electron-host/session.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'

/** The finder on a system with this result of its PAC file. */
function setup(result: string) {
  const asked: string[] = []
  const resolve = vi.spyOn(defaultSession, 'resolveProxy').mockImplementation(async (url: string) => {
    asked.push(url)
    return result
  })
  onTestFinished(() => resolve.mockRestore())
  const { log, lines } = createTestEnvironment(standingClock())
  return { asked, lines, find: createSystemProxyFinder(log) }
}

test('finds the proxies for an address without giving away its path and query', async () => {
  const { asked, lines, find } = setup('PROXY proxy.example:3128; DIRECT')
  expect(await find('https://storage.example/models/a?signature=secret')).toEqual([
    'http://proxy.example:3128',
    'direct',
  ])
  expect([asked, lines]).toEqual([['https://storage.example/'], []])
})

test('logs proxies of an unknown kind', async () => {
  const { lines, find } = setup('QUIC proxy.example:443; PROXY proxy.example:3128')
  expect(await find('https://storage.example/')).toEqual(['http://proxy.example:3128'])
  expect(lines).toEqual([
    { level: 'warn', message: 'proxies of an unknown kind were skipped', facts: { unknown: ['QUIC'] } },
  ])
})

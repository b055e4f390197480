import { expect, onTestFinished, test, vi } from 'vitest'
import { createSystemProxyFinder, parsePacResult } from '../../../electron/desktop/network/system-proxy.ts'
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

test.each([
  ['DIRECT', ['direct']],
  ['PROXY proxy.example:3128', ['http://proxy.example:3128']],
  ['PROXY a.example:1; PROXY [::1]:2 ;DIRECT', ['http://a.example:1', 'http://[::1]:2', 'direct']],
  ['HTTPS proxy.example:443', ['https://proxy.example:443']],
  ['SOCKS5 a.example:1080; SOCKS b.example:1081', ['socks5h://a.example:1080', 'socks4://b.example:1081']],
  ['', ['direct']],
] as const)('parses Chromium’s “%s” in order of preference', (answer, proxies) => {
  expect(parsePacResult(answer)).toEqual({ proxies, unknown: [] })
})

test('unknown proxy kinds are skipped and listed', () => {
  expect(parsePacResult('QUIC proxy.example:443; PROXY a.example:1; PROXY not a host')).toEqual({
    proxies: ['http://a.example:1', 'http://not'],
    unknown: ['QUIC'],
  })
})

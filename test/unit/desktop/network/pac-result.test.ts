import { expect, test } from 'vitest'
import { parsePacResult } from '../../../../electron/desktop/network/pac-result.ts'

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

import { expect, test } from 'vitest'
import { networkStatusReader } from '../../../../electron/desktop/network/network-reader.ts'
import { createNetworkPoller } from '../../../../electron/desktop/network/network-poller.ts'
import { unknownNetwork, type NetworkStatus } from '../../../../electron/desktop/network/network-status.ts'
import { standingClock, createTestEnvironment } from '../../../support/hand-clock.ts'

/** A system whose programs print this. */
const printing = (printed: Readonly<Record<string, string>>) => async (program: string) =>
  printed[program] ?? ''

const onWindows = (text: string) => networkStatusReader('win32', printing({ 'powershell.exe': text }))?.()
const id = expect.stringMatching(/^[0-9a-f]{32}$/)

test.for([
  ['Unrestricted', 'no'],
  ['Fixed', 'yes'],
  ['Variable', 'yes'],
  ['Unknown', 'unknown'],
] as const)('reads network and cost on Windows (%s)', async ([cost, metered]) => {
  const text = `${JSON.stringify({ name: 'Studio', cost, adapter: '1-2-3' })}\r\n`
  expect(await onWindows(text)).toEqual({ metered, line: { id, name: 'Studio' } })
})

test('two networks of one adapter have different ids', async () => {
  const reported = (name: string) => onWindows(JSON.stringify({ name, cost: 'Fixed', adapter: '1-2-3' }))
  const [one, other] = await Promise.all([reported('Studio'), reported('Phone')])
  expect(one?.line?.id).not.toBe(other?.line?.id)
})

test.for(['', 'Cannot find type', '{"cost":1}'])(
  'reports nothing for unexpected output on Windows (%j)',
  async (text) => {
    expect(await onWindows(text)).toEqual(unknownNetwork)
  },
)

const route = `   route to: default
destination: default
       mask: default
    gateway: 192.168.1.1
  interface: en0
      flags: <UP,GATEWAY,DONE,STATIC,PRCLONING,GLOBAL>
`
const arp = (number: string) => `? (192.168.1.1) at ${number} on en0 ifscope [ethernet]\n`
const networksetup = `
Hardware Port: Ethernet
Device: en5
Ethernet Address: a8:60:b6:00:00:01

Hardware Port: Wi-Fi
Device: en0
Ethernet Address: a8:60:b6:00:00:02
`
const onMac = (printed: Readonly<Record<string, string>>) =>
  networkStatusReader('darwin', printing(printed))?.()

test('macOS identifies the network by its router, without its cost', async () => {
  const home = await onMac({ route, networksetup, arp: arp('0:11:32:aa:bb:c') })
  expect(home).toEqual({ metered: 'unknown', line: { id, name: 'Wi-Fi (192.168.1.1)' } })
  // Another router with the same address is another network.
  const hotel = await onMac({ route, networksetup, arp: arp('0:11:32:aa:bb:d') })
  expect(hotel?.line?.id).not.toBe(home?.line?.id)
  expect(await onMac({ route, arp: '(incomplete)' })).toMatchObject({ line: { name: 'en0 (192.168.1.1)' } })
  expect(await onMac({ route: 'route: writing to routing socket: not in table\n' })).toEqual(unknownNetwork)
})

test('Linux needs no reader', () => {
  expect(networkStatusReader('linux', printing({}))).toBe(null)
})

test('the network is read on refresh if needed, and at intervals while active', async () => {
  const clock = standingClock()
  const reported: NetworkStatus[] = []
  let matters = false
  let asked = 0
  const watch = createNetworkPoller({
    read: async () => ({ metered: (asked += 1) > 2 ? 'yes' : 'no', line: null }),
    isNeeded: () => matters,
    onChange: (network) => void reported.push(network),
    environment: createTestEnvironment(clock),
  })
  const settle = async () => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
  }
  watch.refresh()
  watch.setActive(true)
  await settle()
  expect(asked).toBe(0)
  matters = true
  watch.refresh()
  await settle()
  clock.advance(5 * 60_000)
  await settle()
  clock.advance(5 * 60_000)
  await settle()
  expect([asked, reported.map(({ metered }) => metered)]).toEqual([3, ['no', 'yes']])
  watch.setActive(false)
  expect(clock.waits()).toEqual([])
})

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

test.for(['', 'Cannot find type', '{"cost":1}', 'null', '[]'])(
  'takes unexpected output on Windows for a failed read (%j)',
  async (text) => {
    expect(await onWindows(text)).toBe(null)
  },
)

test('reports no network on Windows without a connection profile', async () => {
  expect(await onWindows('{}\r\n')).toEqual(unknownNetwork)
})

test('asks Windows so that an error prints nothing, and a missing profile does not', async () => {
  const commands: string[] = []
  await networkStatusReader('win32', async (_program, words) => {
    commands.push(words.at(-1) ?? '')
    return ''
  })?.()
  expect(commands).toEqual([expect.stringMatching(/\$ErrorActionPreference = 'Stop'.* else { '\{\}' }$/)])
})

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
})

test('macOS identifies a network whose router has no MAC address by its IP address', async () => {
  expect(await onMac({ route, arp: '(incomplete)' })).toMatchObject({ line: { name: 'en0 (192.168.1.1)' } })
})

test('a default route without a gateway on macOS is an unknown network', async () => {
  expect(await onMac({ route: '  interface: utun4\n' })).toEqual(unknownNetwork)
})

test('takes no output of the route on macOS for a failed read', async () => {
  expect(await onMac({ route: '' })).toBe(null)
})

test('a missing MAC address on macOS is a failed read while the gateway is the same', async () => {
  const printed = { route, networksetup, arp: arp('0:11:32:aa:bb:c') }
  const read = networkStatusReader('darwin', async (program) => Reflect.get(printed, program) ?? '')
  const home = await read?.()
  printed.arp = arp('(incomplete)')
  expect(await read?.()).toBe(null)
  printed.arp = ''
  expect(await read?.()).toBe(null)
  printed.route = route.replace('192.168.1.1', '10.0.0.1')
  expect(await read?.()).toMatchObject({ line: { name: 'Wi-Fi (10.0.0.1)' } })
  printed.route = route
  printed.arp = arp('0:11:32:aa:bb:c')
  expect(await read?.()).toEqual(home)
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

import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { SessionView } from '../../../../electron/contract/account.ts'
import type { ConnectionCheck } from '../../../../electron/contract/diagnostics.ts'
import { failure, type Failure } from '../../../../electron/contract/failures.ts'
import type { ServerCheck } from '../../../../electron/contract/servers.ts'
import { checkConnection } from '../../../../electron/platform/network/connection-check.ts'
import { freePort } from '../../../cloud/ceph/daemons.ts'
import { openUnresponsiveListener } from '../../../support/network/unresponsive-listener.ts'

/** A port that accepts connections, and one that nothing listens on any more. */
async function listening(address = '127.0.0.1') {
  const server = createServer((socket) => socket.destroy())
  server.listen(0, address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { port, close: () => new Promise((resolve) => server.close(resolve)) }
}

/** The lookup fails before any resolver is asked, since the name is too long. */
const unknownName = `${'x'.repeat(300)}.invalid`
/** Nothing listens there, so that connecting fails at once. */
const unusedServer = `http://127.0.0.1:${await freePort()}/api/v1`

const found = (change: Partial<ServerCheck>): ServerCheck => ({
  address: '',
  failure: null,
  isReached: true,
  isApi: true,
  certificate: 'trusted',
  clockAheadMs: 0,
  proxy: null,
  ...change,
})
const noSession = { accounts: [] } as unknown as SessionView

type Options = Partial<Parameters<typeof checkConnection>[0]>

async function runCheck(server: string, answer: ServerCheck, session = noSession, options: Options = {}) {
  const reports: ConnectionCheck[] = []
  const last = await checkConnection({
    server,
    askServer: async () => answer,
    session: () => session,
    onProgress: (check) => reports.push(check),
    ...options,
  })
  return { reports, outcomes: last.results.map(({ step, outcome }) => `${step} ${outcome}`), last }
}

test('a server that accepts no connection in time is unreachable', async () => {
  const { port } = await openUnresponsiveListener()
  const answer = found({ isReached: false, isApi: false, failure: failure('timed-out') })
  const options = { connectTimeoutMs: 20 }
  const { outcomes, last } = await runCheck(`http://127.0.0.1:${port}/api/v1`, answer, noSession, options)
  expect(last.results[2]?.params).toMatchObject({ answer: 'none' })
  expect(outcomes.slice(0, 3)).toEqual(['name good', 'proxy skipped', 'connect bad'])
})

test.each([
  [443, 'https', ''],
  [80, 'http', ''],
  [8443, 'https', ':8443'],
])('reports port %i of a server for %s%s', async (port, scheme, portSuffix) => {
  const { last } = await runCheck(`${scheme}://${unknownName}${portSuffix}/api/v1`, found({}))
  expect(last.results.find(({ step }) => step === 'connect')?.params).toMatchObject({ port })
})

test('reports a server that accepts the connection but does not respond', async () => {
  const { port, close } = await listening()
  const lost = failure('connection-lost', { host: '127.0.0.1' }, { detail: 'ECONNRESET' })
  const silent = found({ isReached: false, isApi: false, certificate: 'none', failure: lost })
  const { last } = await runCheck(`http://127.0.0.1:${port}/api/v1`, silent)
  expect(last.results.find(({ step }) => step === 'api')).toEqual({
    step: 'api',
    outcome: 'bad',
    params: { why: 'silent' },
    failure: null,
  })
  await close()
})

test('reports an unknown host name', async () => {
  const unreachable = found({
    isReached: false,
    isApi: false,
    certificate: 'none',
    failure: failure('name-not-found', { host: 'x' }),
  })
  const { outcomes } = await runCheck(`https://${unknownName}/api/v1`, unreachable)
  expect(outcomes.slice(0, 3)).toEqual(['name bad', 'proxy skipped', 'connect skipped'])
})

test('tests the connection to the proxy when there is one', async () => {
  const { port, close } = await listening()
  const { last, outcomes } = await runCheck(
    'https://nowhere.invalid/api/v1',
    found({ proxy: `http://127.0.0.1:${port}` }),
  )
  expect(outcomes.slice(0, 3)).toEqual(['name good', 'proxy good', 'connect good'])
  expect(last.results[1]?.params).toEqual({ proxy: `http://127.0.0.1:${port}` })
  await close()
})

test('looks up an IPv6 proxy without its brackets', async () => {
  const { port, close } = await listening('::1')
  const answer = found({ proxy: `http://[::1]:${port}` })
  const { outcomes } = await runCheck('https://nowhere.invalid/api/v1', answer)
  expect(outcomes.slice(0, 3)).toEqual(['name good', 'proxy good', 'connect good'])
  await close()
})

test('reports an invalid certificate, a wrong clock and an invalid sign-in', async () => {
  const { port, close } = await listening()
  const server = `https://127.0.0.1:${port}/api/v1`
  const expired = failure('certificate-expired', { host: '127.0.0.1' })
  const untrusted = await runCheck(
    server,
    found({ certificate: 'untrusted', isApi: false, failure: expired }),
  )
  expect(untrusted.last.results[3]).toMatchObject({ step: 'certificate', outcome: 'bad', failure: expired })
  const late = await runCheck(server, found({ clockAheadMs: -20 * 60_000 }))
  expect(late.last.results[5]).toMatchObject({ step: 'clock', outcome: 'bad', params: { minutes: 20 } })
  const left = { accounts: [{ state: 'signed-out' }, { state: 'ready' }] } as unknown as SessionView
  expect((await runCheck(server, found({}), left)).last.results[6]).toMatchObject({
    step: 'sign-in',
    outcome: 'bad',
  })
  await close()
})

test.each([
  ['http', 80],
  ['https', 443],
  ['socks5', 1080],
])('names the usual port of a proxy for %s: %i', async (scheme, port) => {
  const proxy = `${scheme}://${unknownName}`
  const { last } = await runCheck('https://nowhere.invalid/api/v1', found({ proxy }))
  expect(last.results[2]?.params).toMatchObject({ host: unknownName, port })
})

test('reports why a server is not reached if the connection is not the cause', async () => {
  const { port, close } = await listening()
  const server = `http://127.0.0.1:${port}/api/v1`
  const apiStep = async (reason: Failure) => {
    const answer = found({ isReached: false, isApi: false, certificate: 'none', failure: reason })
    return (await runCheck(server, answer)).last.results[4]
  }
  const other = (reason: Failure) => ({
    step: 'api',
    outcome: 'bad',
    params: { why: 'other' },
    failure: reason,
  })
  expect(await apiStep(failure('timed-out'))).toEqual(other(failure('timed-out')))
  await close()
  expect(await apiStep(failure('proxy-sign-in'))).toEqual(other(failure('proxy-sign-in')))
  expect(await apiStep(failure('timed-out'))).toMatchObject({ step: 'api', outcome: 'skipped' })
})

test('checks the clock of a server that has another API, but no sign-in', async () => {
  const failed = failure('not-the-api')
  const session = { accounts: [{ state: 'ready' }] } as unknown as SessionView
  let isConfirmed = false
  const confirmSignIns = async () => void (isConfirmed = true)
  const { last, outcomes } = await runCheck(
    'https://127.0.0.1/api/v1',
    found({ isApi: false, failure: failed, clockAheadMs: 5 * 60_000 }),
    session,
    { confirmSignIns, refused: failure('signed-out') },
  )
  expect(outcomes.slice(3)).toEqual(['certificate good', 'api bad', 'clock good', 'sign-in skipped'])
  expect(last.results[4]).toMatchObject({ params: { why: 'other' }, failure: failed })
  expect(isConfirmed).toBe(false)
})

test.each([
  [5 * 60_000, 'good', 5],
  [5 * 60_000 + 1, 'bad', 5],
  [-(5 * 60_000 + 1), 'bad', 5],
  [89_999, 'good', 1],
  [90_000, 'good', 2],
])('a clock that differs by %i ms is %s', async (clockAheadMs, outcome, minutes) => {
  const { last } = await runCheck(unusedServer, found({ clockAheadMs }))
  expect(last.results[5]).toMatchObject({ step: 'clock', outcome, params: { minutes } })
})

test('reports a server that is not reached for an unknown reason only if it accepts connections', async () => {
  const { port, close } = await listening()
  const server = `http://127.0.0.1:${port}/api/v1`
  const unreached = found({ isReached: false, isApi: false, certificate: 'none', failure: null })
  const apiStep = async () => (await runCheck(server, unreached)).last.results[4]
  expect(await apiStep()).toMatchObject({ step: 'api', outcome: 'bad', params: { why: 'other' } })
  await close()
  expect(await apiStep()).toMatchObject({ step: 'api', outcome: 'skipped' })
})

test('a refused token counts as one invalid sign-in', async () => {
  const refused = failure('key-refused')
  const { last } = await runCheck(unusedServer, found({}), noSession, { refused })
  expect(last.results[6]).toMatchObject({ outcome: 'bad', params: { count: 1 }, failure: refused })
})

test('names the failure of sign-ins that have ended', async () => {
  const session = { accounts: [{ state: 'signed-out' }] } as unknown as SessionView
  const { last } = await runCheck(unusedServer, found({}), session)
  expect(last.results[6]).toMatchObject({ params: { count: 1 }, failure: { code: 'signed-out' } })
})

test('reports sign-ins as they are after the server was asked about them', async () => {
  const session = { accounts: [{ state: 'ready' }, { state: 'ready' }, { state: 'signed-out' }] }
  const signInStep = async (options: Options = {}) =>
    (await runCheck('https://127.0.0.1/api/v1', found({}), session as unknown as SessionView, options)).last
      .results[6]
  expect(await signInStep()).toMatchObject({ outcome: 'bad', params: { count: 1 } })
  const confirmSignIns = async () => {
    await new Promise(setImmediate)
    session.accounts.splice(2)
  }
  expect(await signInStep({ confirmSignIns })).toMatchObject({ outcome: 'good', params: { count: 2 } })
  const refused = failure('key-refused')
  expect(await signInStep({ refused })).toMatchObject({ outcome: 'bad', failure: refused })
})

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { failed, failure, success } from '../../../electron/contract/failures.ts'
import {
  commandCallNames,
  hostProtocol,
  type CommandHandlers,
  type ServedCommand,
} from '../../../electron/contract/command-calls.ts'
import type { Patch } from '../../../electron/contract/uploads.ts'
import { toUploadRow } from '../../../electron/journal/row-view.ts'
import { connectToHost } from '../../../electron/host/connect-host.ts'
import { createNonce, proofOf } from '../../../electron/host/handshake.ts'
import { prepareHost, publishHost, readHost } from '../../../electron/host/host-file.ts'
import { messagesOf, sendMessage } from '../../../electron/host/messages-of.ts'
import { serveHost } from '../../../electron/host/serve-host.ts'
import { createTestEnvironment, standingClock } from '../../support/hand-clock.ts'
import { uploadRecord } from '../../support/records.ts'
import { patchOf } from '../../support/totals.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-host-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A host on a data folder, whose handlers answer with their arguments unless others are given. */
function startHost(given: { readonly home?: string; readonly handlers?: Partial<CommandHandlers> } = {}) {
  const { home = temporaryFolder(), handlers = {} } = given
  const environment = createTestEnvironment(standingClock())
  const echo = async (args: unknown) => success(args)
  const all = { ...Object.fromEntries(commandCallNames.map((name) => [name, echo])), ...handlers }
  const server = serveHost({
    ...environment,
    home,
    version: '1.2.3',
    kind: 'app',
    handlers: all as unknown as CommandHandlers,
    serveCommand: () => ({
      calls: {} as ServedCommand['calls'],
      hasUploads: () => false,
      tellAll: () => {},
      close: () => {},
    }),
    queueRestored: async () => {},
  })
  onTestFinished(server.close)
  return { home, server, ...environment }
}

async function connected(home: string) {
  const search = await connectToHost(home)
  if (search.found !== 'host') throw new Error(search.found)
  onTestFinished(search.connection.close)
  return search.connection
}

/** A greeted connection that reads nothing further by itself. */
async function greeted(home: string) {
  const dialed = await dial(home)
  const { socket, messages } = dialed
  const command = createNonce()
  sendMessage(socket, { protocol: hostProtocol, nonce: command })
  const { nonce: host } = (await messages.next()).value as { readonly nonce: string }
  sendMessage(socket, { proof: proofOf('command', readHost(home)?.key ?? '', { command, host }) })
  return dialed
}

/** A connection without the protocol. */
async function dial(home: string) {
  const socket = connect(readHost(home)?.address ?? '')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const closed = new Promise<unknown>((resolve) => socket.on('close', resolve))
  return { socket, closed, messages: messagesOf(socket, 1_000_000) }
}

test('a command calls the host and follows its patches until it ends', async () => {
  const { home, server } = startHost({
    handlers: { settings: async () => await Promise.reject(new Error()) },
  })
  const { calls, follow, ended } = await connected(home)
  expect(await Promise.all([calls.pause({ ids: ['a'] }), calls.cancel({ ids: [] })])).toEqual([
    success({ ids: ['a'] }),
    success({ ids: [] }),
  ])
  expect(await calls.pause({ ids: [5] } as never)).toEqual(failed(failure('bad-call')))
  expect(await calls.settings(undefined)).toEqual(failed(failure('unexpected')))
  const received = new Promise<Patch>((resolve) =>
    follow({ patch: resolve, resync: () => expect.unreachable() }),
  )
  // Its answer says that the host has read the request before.
  await calls.retry({ ids: [] })
  const patch = patchOf({})
  server.sendPatch(patch)
  expect(await received).toEqual(patch)
  server.close()
  expect(await ended).toBe('ended')
  expect(await connectToHost(home)).toEqual({ found: 'nothing' })
})

test('a command that reads slowly loses patches, delays nobody, and is told once it has caught up', async () => {
  const { home, server } = startHost()
  const { calls, follow } = await connected(home)
  const sequences: number[] = []
  const caughtUp = new Promise<void>((resolve) =>
    follow({ patch: ({ sequence }) => void sequences.push(sequence), resync: resolve }),
  )
  await calls.retry({ ids: [] })
  // Nothing is read before these are sent.
  const changed = Array.from({ length: 10_000 }, () => toUploadRow(uploadRecord(), null))
  const sendMs = () => {
    const startedMs = performance.now()
    server.sendPatch({ ...patchOf({}), changed })
    return performance.now() - startedMs
  }
  const firstMs = sendMs()
  const nextMs = Array.from({ length: 100 }, sendMs).reduce((sum, ms) => sum + ms)
  // The page gets its patches in between.
  expect(nextMs).toBeLessThan(firstMs)
  await caughtUp
  expect(sequences).toHaveLength(1)
  const last = patchOf({})
  server.sendPatch(last)
  await expect.poll(() => sequences.at(-1)).toBe(last.sequence)
})

test.skipIf(process.platform === 'win32')('only the user can reach the socket, and read the key', () => {
  const { home } = startHost()
  expect(
    [join(home, 'run'), join(home, 'run', 'host.json')].map((path) => statSync(path).mode & 0o777),
  ).toEqual([0o700, 0o600])
})

test('a data folder whose path is too long for a socket has it elsewhere', async () => {
  const home = join(
    temporaryFolder(),
    ...Array.from({ length: 6 }, () => 'a-long-name-of-a-folder'.repeat(2)),
  )
  mkdirSync(home, { recursive: true })
  const { server } = startHost({ home })
  const { address } = readHost(home) ?? { address: '' }
  expect(address.startsWith(home)).toBe(false)
  expect(await (await connected(home)).calls.retry({ ids: ['a'] })).toEqual(success({ ids: ['a'] }))
  server.close()
  await expect.poll(() => statSync(join(address, '..'), { throwIfNoEntry: false })).toBeUndefined()
})

test('a socket that a killed host left behind is replaced', async () => {
  const home = temporaryFolder()
  const old = prepareHost(home, { version: '1.2.3', kind: 'app' })
  const server = createServer().listen(old.address)
  await once(server, 'listening')
  publishHost(home, old)
  // Closing removes it, which a killed process doesn't.
  const { address } = old
  await new Promise<void>((resolve) => server.close(() => resolve()))
  writeFileSync(address, '')
  expect(await connectToHost(home)).toEqual({ found: 'nothing' })
  startHost({ home })
  expect(await (await connected(home)).calls.retry({ ids: [] })).toEqual(success({ ids: [] }))
})

test('a linked folder for the socket is not used, and the app works without commands', async () => {
  const home = temporaryFolder()
  symlinkSync(temporaryFolder(), join(home, 'run'))
  const { lines } = startHost({ home })
  expect(lines).toMatchObject([{ level: 'warn', message: 'commands can’t reach this process' }])
  expect(await connectToHost(home)).toEqual({ found: 'nothing' })
})

test.skipIf(process.getuid?.() !== 0)('nor is one of another user', async () => {
  const home = temporaryFolder()
  mkdirSync(join(home, 'run'))
  chownSync(join(home, 'run'), 4_321, 4_321)
  const { lines } = startHost({ home })
  expect(lines).toMatchObject([{ level: 'warn', message: 'commands can’t reach this process' }])
  expect(await connectToHost(home)).toEqual({ found: 'nothing' })
})

test('who doesn’t know the key gets no answer', async () => {
  const { home, lines } = startHost()
  const { key = '' } = readHost(home) ?? {}
  const attempts: readonly ((nonces: { command: string; host: string }) => string)[] = [
    () => randomBytes(32).toString('hex'),
    // The proof of the host, sent back.
    (nonces) => proofOf('host', key, nonces),
    // A proof of an earlier connection.
    ({ command }) => proofOf('command', key, { command, host: createNonce() }),
  ]
  for (const attempt of attempts) {
    const { socket, messages, closed } = await dial(home)
    const nonce = createNonce()
    sendMessage(socket, { protocol: hostProtocol, nonce })
    const hello = (await messages.next()).value as { readonly nonce: string }
    sendMessage(socket, { proof: attempt({ command: nonce, host: hello.nonce }) })
    sendMessage(socket, { id: 1, call: 'snapshot' })
    expect((await messages.next()).value).toBeUndefined()
    await closed
  }
  expect(lines.map(({ message }) => message)).toEqual(
    attempts.map(() => 'a connection without the key was refused'),
  )
})

test.each<[string, (socket: Socket) => void]>([
  ['a call before the greeting', (socket) => sendMessage(socket, { id: 1, call: 'snapshot' })],
  ['no JSON', (socket) => socket.write('GET / HTTP/1.1\n\n')],
  ['an endless line', (socket) => socket.write('x'.repeat(9 * 1024 * 1024))],
])('a connection that begins with something else is ended: %s', async (_what, send) => {
  const { socket, closed } = await dial(startHost().home)
  send(socket)
  await closed
})

test('of 200 connections without a greeting few stay, and those end, while commands are served', async () => {
  const { home, clock } = startHost()
  const { calls } = await connected(home)
  const silent = await Promise.all(Array.from({ length: 200 }, () => dial(home)))
  let ended = 0
  const closed = Promise.all(silent.map(async (one) => one.closed.then(() => (ended += 1))))
  await expect.poll(() => ended).toBe(192)
  expect(await calls.retry({ ids: [] })).toEqual(success({ ids: [] }))
  clock.advance(3_000)
  await closed
  expect(await (await connected(home)).calls.retry({ ids: [] })).toEqual(success({ ids: [] }))
})

test('a call that commands may not make ends the connection', async () => {
  const { home } = startHost()
  const { socket, closed } = await greeted(home)
  sendMessage(socket, { id: 1, call: 'allow', args: { ids: [] } })
  await closed
})

test('a flood of calls whose answers aren’t read is answered in part, and others as usual', async () => {
  let answered = 0
  const snapshot = async () => {
    answered += 1
    return success('x'.repeat(100_000) as never)
  }
  const { home } = startHost({ handlers: { snapshot } })
  const { socket } = await greeted(home)
  for (let id = 1; id <= 10_000; id += 1) sendMessage(socket, { id, call: 'snapshot' })
  const { calls } = await connected(home)
  for (let count = 1; count <= 100; count += 1)
    expect(await calls.retry({ ids: [] })).toEqual(success({ ids: [] }))
  expect(answered).toBeGreaterThan(0)
  expect(answered).toBeLessThan(100)
})

test('fifty commands at once are all served', async () => {
  const { home } = startHost()
  const answers = Array.from({ length: 50 }, async () => (await connected(home)).calls.retry({ ids: [] }))
  expect(await Promise.all(answers)).toEqual(answers.map(() => success({ ids: [] })))
})

test('a host that doesn’t know the key, doesn’t answer or is another version is reported', async () => {
  const home = temporaryFolder()
  const host = prepareHost(home, { version: '1.2.3', kind: 'app' })
  let answer: (socket: Socket) => void = () => {}
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    answer(socket)
  }).listen(host.address)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  publishHost(home, host)
  answer = (socket) => {
    const nonce = createNonce()
    sendMessage(socket, { protocol: hostProtocol, version: '1.2.3', nonce, proof: createNonce() })
  }
  expect(await connectToHost(home)).toEqual({ found: 'silent', pid: process.pid })
  const interruption = new AbortController()
  answer = () => interruption.abort()
  expect(await connectToHost(home, interruption)).toEqual({ found: 'silent', pid: process.pid })
  answer = () => {}
  expect(await connectToHost(home, { timeoutMs: 10 })).toEqual({ found: 'silent', pid: process.pid })
  answer = (socket) =>
    void messagesOf(socket, 1_000)
      .next()
      .then(({ value }) => {
        const nonces = { command: (value as { nonce: string }).nonce, host: createNonce() }
        const proof = proofOf('host', host.key, nonces)
        sendMessage(socket, { protocol: hostProtocol + 1, version: '9.9.9', nonce: nonces.host, proof })
      })
  expect(await connectToHost(home)).toEqual({ found: 'other-version', version: '9.9.9' })
})

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startCloud } from '../../cloud/cloud.ts'
import { call, presign, put, registerRequest, sha256, signIn } from './requests.ts'
import type { Presigned, Tokens } from './requests.ts'

const PROGRAM = join(import.meta.dirname, '..', '..', 'cloud', 'main.ts')
const bytes = randomBytes(10_000)
let dataDir: string

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'kept-cloud-'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

function run(...args: string[]) {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { text: '' }
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (output.text += String(chunk)))
  return { child, output, ended: once(child, 'close').then(([code]) => code as number | null) }
}

/** Resolves with the API’s URL once the program prints it. */
async function urlOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
    const found = /^Local Cyberun Cloud: (\S+)$/.exec(line)?.[1]
    if (found !== undefined) return found
  }
  throw new Error('the program ended without a URL')
}

test('keeps sessions, devices, models, objects and open uploads after a restart', async () => {
  const first = await startCloud({ dataDir, partSizeBytes: 6000, minimumPartBytes: 1 })
  const tokens = await signIn(first)
  const alice = { token: tokens.access_token, team: ALICES_TEAM_ID }
  const stored = await presign(first, alice, bytes, 'stored')
  await put(stored, bytes)
  await call(first, 'POST /models', registerRequest(bytes, stored.storage_key, 'stored'), alice)
  const { storage_key } = await presign(first, alice, bytes, 'parts')
  const opened = await call(
    first,
    'POST /uploads/multipart/initiate',
    { storage_key, file_size: 10_000 },
    alice,
  )
  const { upload_id } = opened.body as { upload_id: string }
  const models = first.modelsOf(ALICES_TEAM_ID)
  await first.close()

  const second = await startCloud({ dataDir, partSizeBytes: 7000, minimumPartBytes: 1 })
  expect(second.modelsOf(ALICES_TEAM_ID)).toEqual(models)
  const [object] = await second.objects()
  expect([object?.key, await object?.sha256()]).toEqual([stored.storage_key, sha256(bytes)])
  expect((await call(second, 'GET /users/me', undefined, alice)).status).toBe(200)
  const { refresh_token } = tokens
  const renewed = (await call(second, 'POST /auth/refresh', { refresh_token })).body as Tokens
  expect(renewed.access_token).toEqual(expect.any(String))
  const parts = []
  for (const [index, part] of [bytes.subarray(0, 6000), bytes.subarray(6000)].entries()) {
    const body = { storage_key, upload_id, part_number: index + 1 }
    const presigned = (await call(second, 'POST /uploads/multipart/presign-part', body, alice))
      .body as Presigned
    parts.push({ part_number: index + 1, etag: String((await put(presigned, part)).headers.etag) })
  }
  const complete = { storage_key, upload_id, parts }
  expect((await call(second, 'POST /uploads/multipart/complete', complete, alice)).status).toBe(200)
  await second.close()
})

test('removes its temporary folder when it closes', async () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('local-cloud-'))
  const cloud = await startCloud()
  const made = readdirSync(tmpdir()).filter(
    (name) => name.startsWith('local-cloud-') && !before.includes(name),
  )
  await cloud.close()
  expect(made.some((name) => !existsSync(join(tmpdir(), name)))).toBe(true)
})

test('runs standalone, prints its URL and accounts, confirms a pairing, ends on Ctrl-C', async () => {
  const { child, output, ended } = run('--port', '0', '--data', dataDir, '--token-seconds', '60')
  const url = await urlOf(child)
  const login = { email_address: ALICE.email, user_password: ALICE.password }
  const headers = { 'content-type': 'application/json' }
  const post = async (path: string, body?: object) => {
    const sent = body ? { headers, body: JSON.stringify(body) } : {}
    return (await (await fetch(url + path, { method: 'POST', ...sent })).json()) as Record<string, string>
  }
  expect(await post('/auth/login', login)).toMatchObject({ expires_in: 60 })
  const { user_code = '', device_code } = await post('/desktop/pair/start')
  const confirm = ['confirm', user_code, '--email', ALICE.email, '--team', 'Studio North', '--server', url]
  const confirmed = run(...confirm)
  expect([await confirmed.ended, confirmed.output.text]).toEqual([
    0,
    `${user_code} is paired with Studio North.\n`,
  ])
  expect(await post('/desktop/pair/poll', { device_code })).toMatchObject({ status: 'approved' })
  const again = run(...confirm)
  expect([await again.ended, again.output.text]).toEqual([1, expect.stringContaining('404')])
  child.kill('SIGINT')
  expect(await ended).toBe(0)
  expect(output.text).toContain(
    `${ALICE.email}  ${ALICE.password}  Alice's Team (owner), Studio North (admin)`,
  )
})

test('prints its usage when called with wrong arguments', async () => {
  for (const args of [['--unknown'], ['--port', 'many'], ['confirm'], ['--s3', 'nowhere'], ['dance']]) {
    const { output, ended } = run(...args)
    expect([await ended, output.text]).toEqual([2, expect.stringContaining('npm run cloud')])
  }
})

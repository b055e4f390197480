import keytar from 'keytar'
import type { Page } from '@playwright/test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { ALICE, ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { startProxy } from '../../support/network/proxy-server.ts'
import { filesWith } from '../support/disk.ts'
import { expect, test } from '../support/fixtures.ts'
import { quit } from '../support/main-steps.ts'
import { ask, drag, fillSignIn, pick, rowOf, signInByForm } from '../support/page-steps.ts'

const proxyPassword = 'secret+of/proxy'
const proxyLogin = `mira:${proxyPassword}`

/** The pattern of each kind of secret; the signature of a presigned URL is a credential as well. */
const shapes = ['eyJ', 'X-Amz-Signature=', 'X-Amz-Credential=']

/** The app’s process and its descendants: pid → arguments and environment from `/proc`. */
function processesBelow(root: number): ReadonlyMap<number, string> {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const status = readOrNothing(`/proc/${name}/status`)
    parents.set(Number(name), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]))
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 0 && (pid === root || isBelow(parents.get(pid)))
  const found = [...parents.keys()].filter(isBelow)
  return new Map(
    found.map((pid) => [pid, readOrNothing(`/proc/${pid}/cmdline`) + readOrNothing(`/proc/${pid}/environ`)]),
  )
}

/** A process may end while it is being read. */
function readOrNothing(path: string): string {
  try {
    return existsSync(path) ? readFileSync(path, 'latin1') : ''
  } catch {
    return ''
  }
}

/** All that the page’s scripts can reach after a garbage collection: strings of the heap and the document. */
async function stateOf(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page)
  const chunks: string[] = []
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => chunks.push(chunk))
  await session.send('HeapProfiler.enable')
  await session.send('HeapProfiler.collectGarbage')
  await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
  await session.detach()
  return chunks.join('') + (await page.content())
}

test.describe('secrets', () => {
  test.skip(process.platform !== 'linux', 'only Linux lists processes in /proc')
  test.use({
    settings: { singlePutLimitBytes: 6_000_000 },
    cloudOptions: { minimumPartBytes: 5 * 1024 ** 2 },
  })

  test('are only in the keychain, during and after complete uploads', async ({ harness }) => {
    test.setTimeout(180_000)
    const proxy = await startProxy({ login: proxyLogin })
    const app = await harness.start([`--proxy-server=${proxy.host}`, '--proxy-bypass-list=<-loopback>'])
    const { page } = app
    const secrets = new Set([ALICE.password, proxyPassword, encodeURIComponent(proxyPassword)])
    secrets.add(Buffer.from(proxyLogin).toString('base64'))
    /** Collects the current secrets of the keychain, since tokens change during the test. */
    async function learn(): Promise<void> {
      for (const { id, kind } of (await ask(page, 'session')).accounts) {
        const text = (await keytar.getPassword('Modelferry', `${kind} ${id}`)) ?? ''
        if (kind === 'device' && text !== '') secrets.add(text)
        if (kind === 'session' && text.startsWith('{')) {
          const { accessToken, refreshToken } = JSON.parse(text) as Record<string, string>
          for (const token of [accessToken, refreshToken]) if (token) secrets.add(token)
        }
      }
    }

    await fillSignIn(page, ALICE.email, ALICE.password)
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Proxy user name').fill('mira')
    await dialog.getByLabel('Proxy password').fill(proxyPassword)
    await dialog.getByRole('button', { name: 'Sign in to proxy' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Continue in the browser' }).click()
    const code = (await page.getByLabel('Code', { exact: true }).textContent()) ?? ''
    harness.cloud.confirmPairing(code, ALICE.email, ALICES_TEAM_ID)
    await page.getByRole('button', { name: /^Team: / }).waitFor()
    await learn()
    await pick(page, /^Team: /, 'Add account…')
    await signInByForm(page)
    await learn()

    harness.cloud.fail({ on: 'put-object', how: 'expired-url' })
    harness.cloud.fail({ on: 'registerModel', how: 401 })
    harness.cloud.fail({ on: 'put-part', how: 403 })
    const held = harness.cloud.hold('completeMultipart')
    await drag(page, [
      await harness.file('loras/quiet.safetensors'),
      await harness.file('checkpoints/large.safetensors', { sizeBytes: 16_000_000 }),
    ])
    await expect(rowOf(page, 'quiet')).toContainText('In the library')
    await held.arrived
    await learn()
    // During an upload the journal’s write-ahead log is on the disk and workers hold presigned URLs.
    const during = processesBelow(app.electron.process().pid ?? 0)
    const words = () => [...secrets, ...shapes]
    const filesDuring = filesWith(harness.folder, words())
    held.release()
    await expect(rowOf(page, 'large')).toContainText('In the library')
    await learn()
    const state = await stateOf(page)
    const said = app.said()
    await quit(app.electron)
    await app.ended
    await proxy.close()

    expect(secrets.size).toBeGreaterThan(6)
    expect(filesDuring).toEqual([])
    expect(filesWith(harness.folder, words())).toEqual([])
    const found = (text: string) => words().filter((word) => text.includes(word))
    expect([...during].flatMap(([pid, text]) => found(text).map((word) => `${pid}: ${word}`))).toEqual([])
    expect([found(state), found(said)]).toEqual([[], []])
    // Proves that the search reads these places: the journal has the address, the page its rows, and the app
    // has child processes.
    expect(filesWith(harness.folder, [ALICE.email])).not.toEqual([])
    expect([state.includes('quiet'), state.includes(ALICE.email), during.size > 1]).toEqual([
      true,
      true,
      true,
    ])
    expect([...during.values()].some((text) => text.includes('--proxy-server='))).toBe(true)
  })
})

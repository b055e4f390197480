import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Snapshot } from '../../../electron/contract/model.ts'
import { parseSettings } from '../../../electron/desktop/settings.ts'
import { logFileNames } from '../../../electron/desktop/log.ts'
import { bundleText, supportPieces } from '../../../electron/desktop/support-bundle.ts'

const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl'
const row = {
  ...{ id: 'row-1', phase: 'failed', sizeBytes: 100, sentBytes: 40, fileName: 'secret-project.safetensors' },
  failure: { code: 'offline', params: {} },
  recognition: { format: 'safetensors' },
  path: join(homedir(), 'models/secret-project.safetensors'),
  team: { id: 'team-1', name: 'Studio North' },
}
const snapshot = { rows: [row], totals: { running: 0 }, allPaused: false, line: 'ok' } as unknown as Snapshot

function logFolder(...texts: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'ferry-report-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  // The first file is the newest.
  texts.forEach((text, index) => writeFileSync(join(folder, logFileNames[index] ?? ''), text))
  return folder
}

const gather = (folder: string) =>
  supportPieces({
    versions: { electron: '45.4.1', note: `Bearer ${token}` },
    settings: parseSettings({}).settings,
    snapshot,
    connection: null,
    logFolder: folder,
  })

test('each piece stands for itself, and what there is nothing of is left out', async () => {
  const pieces = await gather(logFolder())
  expect(pieces.map(({ name }) => name)).toEqual(['versions', 'settings', 'queue', 'names'])
  const queue = pieces.find(({ name }) => name === 'queue')?.text ?? ''
  expect(JSON.parse(queue)).toMatchObject({ rows: [{ id: 'row-1', phase: 'failed', failure: 'offline' }] })
  expect(queue).not.toMatch(/secret-project|Studio North/)
})

test('no token, signature or folder of a person is in any piece', async () => {
  const lines = [
    `{"message":"asked","headers":{"Authorization":"Bearer ${token}"}}`,
    `{"url":"https://s3.example/key?X-Amz-Signature=abcdef0123&X-Amz-Expires=60"}`,
    `{"path":"${join(homedir(), 'models/a.safetensors')}"}`,
    '{"key":"dk-0123456789abcdef"}',
  ]
  const all = bundleText(await gather(logFolder(`${lines.join('\n')}\n`)), 0)
  expect(all).toContain('===== log =====')
  for (const secret of [token, 'abcdef0123', homedir(), 'dk-0123456789abcdef'])
    expect(all).not.toContain(secret)
})

test('the log is read across its files, the oldest first, and only its end', async () => {
  const newest = '{"n":"newest"}\n'
  const [log] = (await gather(logFolder(newest, '{"n":"older"}\n'))).filter(({ name }) => name === 'log')
  expect(log?.text).toBe('{"n":"older"}\n{"n":"newest"}\n')
  const long = `${'{"filler":"0123456789"}\n'.repeat(12_000)}${newest}`
  const [cut] = (await gather(logFolder(long))).filter(({ name }) => name === 'log')
  expect(cut?.text.length).toBeLessThanOrEqual(200_000)
  expect(cut?.text.startsWith('{')).toBe(true)
  expect(cut?.text.endsWith(newest)).toBe(true)
})

test('the file holds the pieces under their names, exactly as they were read', () => {
  const pieces = [
    { name: 'versions', text: '{\n  "a": 1\n}' },
    { name: 'log', text: 'one\ntwo\n' },
  ] as const
  expect(bundleText(pieces, 0)).toBe(
    'Modelferry, report of 1970-01-01T00:00:00.000Z\n\n===== versions =====\n{\n  "a": 1\n}\n\n===== log =====\none\ntwo\n\n',
  )
})

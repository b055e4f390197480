import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ALICES_TEAM_ID } from '../../cloud/accounts.ts'
import { setupCommand, type CommandHarness } from '../../support/command-harness.ts'
import { setup, valueOf } from '../../support/engine.ts'
import type { Receipt } from '../../../electron/contract/receipt.ts'

/** Uploads a file with the command line and writes its receipt, which is read from the journal. */
async function uploaded(
  harness: CommandHarness,
): Promise<{ readonly path: string; readonly receiptPath: string; readonly receipt: Receipt }> {
  const path = await harness.file('loras/painter.safetensors')
  const sent = await harness.run('upload', path, '--json')
  expect(sent.code).toBe(0)
  const id = sent.json().find(({ event }) => event === 'registered')?.['id']
  const app = await harness.open({}, harness.commandHome)
  const [receipt] = valueOf(await app.calls.receipts({ ids: [String(id)] }))
  await app.stop()
  if (!receipt) throw new Error('there is no receipt')
  const receiptPath = join(harness.folder, 'receipt.json')
  await writeFile(receiptPath, JSON.stringify(receipt))
  return { path, receiptPath, receipt }
}

test('a receipt of an upload is confirmed by the file and by the library', async () => {
  const harness = await setupCommand()
  const { path, receiptPath, receipt } = await uploaded(harness)
  expect(receipt).toMatchObject({
    file: { name: 'painter.safetensors', sizeBytes: 150_000 },
    model: { type: 'loras', path: 'models/loras/painter.safetensors' },
    team: { id: ALICES_TEAM_ID },
    server: new URL(harness.cloud.url).host,
  })
  expect(receipt.verifiedAt).toMatch(/^\d{4}-/)
  expect(JSON.stringify(receipt)).not.toContain(harness.folder)
  const { code, json } = await harness.run('verify', receiptPath, '--json')
  expect(json()).toEqual([
    {
      event: 'receipt',
      file: 'painter.safetensors',
      modelId: receipt.model.id,
      local: { result: 'same', path },
      library: { result: 'verified' },
    },
  ])
  expect(code).toBe(0)
})

test.each([
  ['..', { result: 'not-verified', reason: 'missing' }],
  ['\ud800', { result: 'failed' }],
])('a hostile receipt with the model id “%s” is no match', async (id, library) => {
  const harness = await setupCommand()
  const { path, receiptPath, receipt } = await uploaded(harness)
  await writeFile(receiptPath, JSON.stringify({ ...receipt, model: { ...receipt.model, id } }))
  const before = harness.cloud.operations.length
  const { code, json } = await harness.run('verify', receiptPath, '--json')
  expect(json()).toMatchObject([{ event: 'receipt', local: { result: 'same', path }, library }])
  expect(code).toBe(1)
  const names = harness.cloud.operations.slice(before).map(({ name }) => name)
  expect(names.filter((name) => name !== 'getModel' && name !== 'getCurrentUser')).toEqual([])
})

test('another file, an edited record and a deleted model are reported with exit code 1', async () => {
  const harness = await setupCommand()
  const { path, receiptPath, receipt } = await uploaded(harness)
  const other = await harness.file('other.safetensors', { payload: { seed: 7 } })
  const differs = await harness.run('verify', receiptPath, '--file', other)
  expect([differs.code, differs.out]).toEqual([1, expect.stringContaining('differs')])
  await rm(path)
  const gone = await harness.run('verify', receiptPath)
  expect(gone.out).toContain('not found')
  // The receipt names no folder, and the library was compared.
  expect(gone.code).toBe(0)
  const changed = { ...receipt, file: { ...receipt.file, sizeBytes: receipt.file.sizeBytes + 1 } }
  await writeFile(receiptPath, JSON.stringify(changed))
  const record = await harness.run('verify', receiptPath)
  expect([record.code, record.out]).toEqual([1, expect.stringContaining('150,001')])
  harness.cloud.fail({ on: 'getModel', how: 404, times: Infinity })
  await writeFile(receiptPath, JSON.stringify(receipt))
  const deleted = await harness.run('verify', receiptPath, '--json')
  expect(deleted.code).toBe(1)
  expect(deleted.json()[0]).toMatchObject({ library: { result: 'not-verified', reason: 'missing' } })
})

test('without a sign-in to its team the file is still compared, with exit code 3', async () => {
  const harness = await setupCommand()
  const { receiptPath } = await uploaded(harness)
  const { code, json } = await harness.runWith(
    { MODELFERRY_TOKEN: undefined },
    'verify',
    receiptPath,
    '--json',
  )
  expect(json()[0]).toMatchObject({ local: { result: 'same' }, library: { code: 'signed-out' } })
  expect(code).toBe(3)
})

test.each([
  ['no JSON', '{"receipt": '],
  ['another JSON', '{"a": 1}'],
  ['an empty list', '[]'],
])('%s is rejected as a receipt', async (_what, text) => {
  const { run, folder } = await setupCommand()
  const path = join(folder, 'receipt.json')
  await writeFile(path, text)
  const { code, err } = await run('verify', path)
  expect([code, err]).toEqual([1, expect.stringContaining('isn’t a receipt of Modelferry')])
})

test('a receipt can’t name a file outside of its own folder', async () => {
  const harness = await setupCommand()
  const { receipt } = await uploaded(harness)
  const receiptPath = join(harness.folder, 'receipts', 'receipt.json')
  await mkdir(dirname(receiptPath))
  await writeFile(join(harness.folder, 'outside.safetensors'), 'secret')
  const hostile = {
    ...receipt,
    file: { ...receipt.file, name: '../outside.safetensors', sha256: '0'.repeat(64) },
  }
  await writeFile(receiptPath, JSON.stringify(hostile))
  const { json } = await harness.run('verify', receiptPath, '--json')
  expect(json()[0]).toMatchObject({ local: { result: 'not-found', path: null } })
})

test('a receipt of a duplicate names the library’s model, and other ids have no receipt', async () => {
  const { app, file } = await setup()
  const [first = ''] = await app.add(await file('loras/a.safetensors', { payload: { seed: 1 } }))
  await app.settled(first)
  const [second = ''] = await app.add(await file('vae/b.safetensors', { payload: { seed: 1 } }))
  await app.settled(second)
  const receipts = valueOf(await app.calls.receipts({ ids: [first, second, 'unknown'] }))
  expect(
    receipts.map(({ file: { name }, model, storageKey }) => [name, model.path, storageKey === null]),
  ).toEqual([
    ['a.safetensors', 'models/loras/a.safetensors', false],
    ['b.safetensors', 'models/loras/a.safetensors', true],
  ])
})

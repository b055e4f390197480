import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeText } from '../../fixtures/model-files.ts'
import { writeComfyFolder } from '../../fixtures/models-folder.ts'
import { shellCall } from '../../fixtures/pickles.ts'
import { setupCommand } from '../../support/command-world.ts'

test('inspect says of each file what upload would do with it, and asks no server', async () => {
  const { run, folder, cloud } = await setupCommand()
  await writeComfyFolder(folder)
  await writeText(join(folder, 'models/loras/trap.pt'), shellCall)
  cloud.forgetOperations()
  const { code, json } = await run('inspect', join(folder, 'models'), '--json')
  const lines = json()
  const told = lines.filter(({ event }) => event === 'inspected')
  expect(code).toBe(1)
  expect(told).toContainEqual(
    expect.objectContaining({ file: 'painter.safetensors', type: 'loras', base: 'SDXL', refused: null }),
  )
  expect(told).toContainEqual(
    expect.objectContaining({
      file: 'trap.pt',
      refused: { code: 'file-dangerous', sentence: expect.stringContaining('posix.system') },
    }),
  )
  expect(lines).toContainEqual({
    event: 'skipped',
    file: 'models/loras/half.safetensors.crdownload',
    reason: 'downloading',
  })
  expect(cloud.operations).toEqual([])

  const sent = await run('upload', join(folder, 'models'), '--json')
  const codes = (events: readonly Record<string, unknown>[], event: string) =>
    events.filter((line) => line['event'] === event).map(({ file, code: why }) => [file, why])
  const refused = told.flatMap(({ file, refused: why }) =>
    why ? [[file, (why as { code: string }).code]] : [],
  )
  expect(codes(sent.json(), 'failed').sort()).toEqual(refused.sort())
})

test('inspect answers 0 when everything would be taken', async () => {
  const { run, file } = await setupCommand()
  expect((await run('inspect', await file('a.safetensors'))).code).toBe(0)
})

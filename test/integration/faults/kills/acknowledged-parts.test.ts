import { expect, test } from 'vitest'
import { acknowledgedNumbers, killTwice, setupPartsUpload } from './acknowledged-parts.ts'
import { partBytes } from '../fault.ts'

test('parts acknowledged while the main thread hangs are not sent again after a kill', async () => {
  const upload = await setupPartsUpload(6)
  const answers = upload.cloud.hold('put-part', 'answer')
  const killed = Promise.withResolvers<void>()
  const first = upload.run({ until: killed.promise })
  const received = () =>
    upload.cloud.operations.filter(({ name, bytes }) => name === 'put-part' && bytes === partBytes)
  await expect.poll(received).toHaveLength(4)
  await upload.hang()
  answers.release()
  await expect.poll(upload.recordedParts).toEqual([1, 2, 3, 4])
  killed.resolve()
  expect((await first).printed).toBe(null)

  expect((await upload.run(null)).printed).toBe('registered')
  expect(acknowledgedNumbers(upload).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6])
})

// The soak suite runs more seeds on a busy machine.
test.each([1, 2])(
  'no part acknowledged 100 ms before a kill is missing in the journal (seed %i)',
  async (seed) => void (await killTwice(seed, 16)),
)

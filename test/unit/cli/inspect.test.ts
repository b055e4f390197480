import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runInspectCommand } from '../../../electron/cli/commands/inspect.ts'
import { exitCodes } from '../../../electron/cli/exit-codes.ts'
import { writeSafetensors, writeText } from '../../fixtures/model-files.ts'
import { shellCall } from '../../fixtures/pickles.ts'
import { recordedStreams } from '../../support/recorded-streams.ts'

const worker = new URL('../../../electron/recognition/inspect-worker.ts', import.meta.url)

/** A folder of models in which `inspect` runs. */
function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-inspect-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return {
    at: (name: string) => join(folder, name),
    async inspect(names: readonly string[], output: 'text' | 'json' | 'report' = 'text') {
      const { streams, out, err } = recordedStreams()
      const paths = names.map((name) => join(folder, name))
      return { code: await runInspectCommand({ paths, output }, worker, streams), out, err }
    },
  }
}

test('describes several files in the order of the arguments, and sums them up', async () => {
  const { at, inspect } = setup()
  const metadata = {
    'modelspec.title': 'Ferry',
    'modelspec.description': 'd'.repeat(300),
    notes: '/home/a/b',
  }
  await writeSafetensors(at('loras/a.safetensors'), { metadata })
  await writeText(at('strange.weights'), 'whatever this is')
  await writeText(at('trap.pt'), shellCall)
  await writeText(at('loras/note.txt'), 'no model')
  await writeText(at('loras/note2.txt'), 'no model')
  const all = ['strange.weights', 'loras', 'trap.pt', 'lost.safetensors']
  const { code, out, err } = await inspect(all)
  expect([code, err]).toEqual([exitCodes.someFailed, ['4 model files, 2 rejected; 2 files skipped.']])
  const heads = out.filter((line) => !line.startsWith(' '.repeat(9)))
  expect(heads).toEqual([
    'unknown  strange.weights: unknown type, other, 16 bytes',
    expect.stringMatching(/^ok {7}loras\/a\.safetensors: .*loras, safetensors, .+, \d+ tensors, F16$/),
    expect.stringMatching(/^rejected trap\.pt: unknown type, pytorch, /),
    'rejected lost.safetensors',
    'skipped  loras/note.txt (Not a model file)',
    'skipped  loras/note2.txt (Not a model file)',
  ])
  const facts = out.map((line) => line.trim())
  expect(facts).toContain('Title: Ferry')
  expect(facts).toContain(`Description: ${'d'.repeat(300)}`)
  expect(facts).toContain('Loads: posix.system (dangerous)')
  expect(facts).toContain('→ models/loras/a.safetensors')
  expect(facts.filter((line) => line.startsWith('Not checked'))).toHaveLength(1)
  expect(facts.filter((line) => /\(file-dangerous.*\)$/.test(line))).toHaveLength(1)
  // Nothing but its absence is known of the last file.
  expect(out.slice(out.indexOf('rejected lost.safetensors') + 1, -2)).toEqual([
    expect.stringMatching(/^ {9}.*doesn’t exist\..*\(path-not-found\)$/),
  ])
})

test('writes the same as JSON, one object for each file', async () => {
  const { at, inspect } = setup()
  await writeSafetensors(at('loras/a.safetensors'), { metadata: { 'modelspec.title': 'Ferry' } })
  await writeText(at('loras/note.txt'), 'no model')
  const { code, out, err } = await inspect(['loras', 'lost.gguf'], 'json')
  expect([code, err]).toEqual([exitCodes.someFailed, []])
  const [accepted, lost, skipped, ...others] = out.map((line) => JSON.parse(line) as object)
  expect(accepted).toMatchObject({
    event: 'inspected',
    file: 'a.safetensors',
    folder: 'loras',
    localPath: at('loras/a.safetensors'),
    format: 'safetensors',
    lookedInto: true,
    type: 'loras',
    variant: null,
    dtype: 'F16',
    group: null,
    path: 'models/loras/a.safetensors',
    name: 'Ferry',
    says: { title: 'Ferry', private: [] },
    refused: null,
  })
  expect(lost).toMatchObject({
    file: 'lost.gguf',
    sizeBytes: 0,
    says: null,
    refused: { code: 'path-not-found' },
  })
  expect(skipped).toEqual({ event: 'skipped', file: 'loras/note.txt', reason: 'not-a-model' })
  expect(others).toEqual([])
})

test('a report names neither skipped files nor sums, and says of which file there is none', async () => {
  const { at, inspect } = setup()
  await writeSafetensors(at('loras/a.safetensors'))
  await writeText(at('loras/note.txt'), 'no model')
  const { code, out, err } = await inspect(['loras', 'lost.gguf'], 'report')
  expect(code).toBe(exitCodes.someFailed)
  expect(out.length).toBeGreaterThan(3)
  expect(out.join('\n')).not.toContain('note.txt')
  expect(err).toEqual([expect.stringMatching(/^lost\.gguf: .*\(path-not-found\)$/)])
})

test.each([
  [['note.txt'], []],
  [['note.txt', 'note2.txt'], ['0 model files, 0 rejected; 2 files skipped.']],
])('without any model the command fails, and sums up several skipped files: %j', async (names, summary) => {
  const { at, inspect } = setup()
  for (const name of names) await writeText(at(`empty/${name}`), 'no model')
  const { code, out, err } = await inspect(['empty'])
  expect([code, err]).toEqual([exitCodes.someFailed, summary])
  expect(out).toEqual(names.map((name) => `skipped  empty/${name} (Not a model file)`))
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { bufferSource } from '../../../electron/recognition/formats/byte-source.ts'
import { importLevel } from '../../../electron/recognition/pickle/dangerous-imports.ts'
import { readContent } from '../../../electron/recognition/read-content.ts'
import { pickleProgram, safetensorsProgram } from './pickle-programs.ts'

interface Reading {
  readonly imports: readonly (readonly [module: string, name: string])[]
  readonly changed: readonly unknown[]
}

export interface UnpicklerComparison {
  readonly programs: number
  /** Programs with which CPython would have run something that models don't need. */
  readonly harmful: number
  /** Harmful programs that are reported as sound, as hexadecimal text with the file name. */
  readonly missed: readonly string[]
  /** Harmless programs that aren't reported as sound. */
  readonly asked: number
}

const script = join(import.meta.dirname, 'unpicklers.py')
const batch = 500

/** Compares our scan of programs with what both unpicklers of CPython do with them. Needs Python 3. */
export async function compareUnpicklers(
  firstSeed: number,
  count: number,
  python = 'python3',
): Promise<UnpicklerComparison> {
  const child = spawn(python, ['-I', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const missed: string[] = []
  let harmful = 0
  let asked = 0
  for (let start = 0; start < count; start += batch) {
    const files = Array.from({ length: Math.min(batch, count - start) }, (_, index) =>
      fuzzedFile(firstSeed + start + index),
    )
    child.stdin.write(Buffer.concat(files.flatMap(({ content }) => [lengthOf(content), content])))
    for (const { content, names } of files) {
      const line = await lines.next()
      if (line.done === true) throw new Error('the unpicklers have ended')
      // Loaders of files refuse an identifier at the beginning, which the script resolves.
      const isHarm = content[0] !== 'P'.charCodeAt(0) && isHarmful(JSON.parse(line.value) as Reading)
      if (isHarm) harmful += 1
      for (const name of names) {
        const { failure } = await readContent(bufferSource(content), name)
        if (isHarm && failure === null) missed.push(`${name} ${content.toString('hex')}`)
        if (!isHarm && failure !== null && name !== 'm.pkl') asked += 1
      }
    }
  }
  child.stdin.end()
  await once(child, 'exit')
  return { programs: count, harmful, missed, asked }
}

function fuzzedFile(seed: number): { readonly content: Buffer; readonly names: readonly string[] } {
  return seed % 4 === 0
    ? { content: safetensorsProgram(seed), names: ['m.safetensors', 'm'] }
    : { content: pickleProgram(seed), names: ['m.pkl', 'm.unknown'] }
}

function lengthOf(content: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(content.length)
  return length
}

function isHarmful({ imports, changed }: Reading): boolean {
  return changed.length > 0 || imports.some((names) => importLevel(...names) !== 'innocuous')
}

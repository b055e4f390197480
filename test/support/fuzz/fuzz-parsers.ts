import { expect } from 'vitest'
import { seededBytes, seededRandom } from '../../fixtures/seeded.ts'
import { fuzzedParsers, type FuzzedParser } from './parsers.ts'

export interface FuzzOptions {
  /** Damaged and random files for each parser. */
  readonly rounds: number
  readonly seed: number
  /** Sizes of the nested files. */
  readonly nestedSizesBytes: readonly number[]
  /** CPU time that one file may take: generous, since other tests run at the same time. */
  readonly maxCpuMs: number
}

export interface FuzzReport {
  readonly parser: string
  readonly inputs: number
  readonly worstCpuMs: number
  /** What kind of file took the longest. */
  readonly worstInput: string
  /** The highest memory of this process, RSS, after any of the files. */
  readonly peakMemoryMiB: number
}

type Random = () => number
type Mutation = (parser: FuzzedParser, random: Random) => Buffer

const below = (random: Random, limit: number) => Math.floor(random() * limit)
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)] as T

/** Positions near the beginning are more likely: headers are there. */
function position(random: Random, length: number): number {
  return below(random, random() < 0.7 ? Math.min(length, 600) : length)
}

function withFlippedBits({ valid }: FuzzedParser, random: Random): Buffer {
  const bytes = Buffer.from(pick(random, valid))
  for (let flip = below(random, 8); flip >= 0; flip -= 1) {
    const at = position(random, bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8))
  }
  return bytes
}

/** Overwrites a length or an offset with the smallest and largest numbers. */
function withExtremeNumber({ valid }: FuzzedParser, random: Random): Buffer {
  const bytes = Buffer.from(pick(random, valid))
  const at = position(random, bytes.length)
  bytes.fill(pick(random, [0, 0x7f, 0x80, 0xff]), at, Math.min(bytes.length, at + pick(random, [1, 2, 4, 8])))
  return bytes
}

function withRepeatedPart({ valid }: FuzzedParser, random: Random): Buffer {
  const bytes = pick(random, valid)
  const start = position(random, bytes.length)
  const part = bytes.subarray(start, start + 1 + below(random, 200))
  const copies = Array.from({ length: 1 + below(random, 50) }, () => part)
  return Buffer.concat([bytes.subarray(0, start), ...copies, bytes.subarray(start)])
}

function ofPieces({ valid, pieces }: FuzzedParser, random: Random): Buffer {
  const start = random() < 0.5 ? '' : pick(random, valid).toString('latin1', 0, below(random, 200))
  const rest = Array.from({ length: below(random, 400) }, () => pick(random, pieces))
  return Buffer.from(start + rest.join(''), 'latin1')
}

/** One piece many times, which makes quadratic work visible. */
function ofOnePiece({ valid, pieces }: FuzzedParser, random: Random): Buffer {
  const start = pick(random, valid).toString('latin1', 0, below(random, 200))
  const piece = pick(random, pieces) + (random() < 0.5 ? pick(random, pieces) : '')
  return Buffer.from(start + piece.repeat(1 + below(random, 40_000)), 'latin1')
}

const mutations: Readonly<Record<string, Mutation>> = {
  truncated: ({ valid }, random) => {
    const bytes = pick(random, valid)
    return bytes.subarray(0, position(random, bytes.length))
  },
  'flipped bits': withFlippedBits,
  'extreme number': withExtremeNumber,
  'repeated part': withRepeatedPart,
  'random pieces': ofPieces,
  'one piece': ofOnePiece,
  'random bytes': (_parser, random) => seededBytes(below(random, 2 ** 31), below(random, 4_000)),
}

/**
 * Parses damaged, random and deeply nested files. Fails if the parser throws or takes too long; the message
 * has the round, so that the file can be made again.
 */
export async function fuzzParser(name: string, options: FuzzOptions): Promise<FuzzReport> {
  const parser = fuzzedParsers().find((one) => one.name === name)
  if (!parser) throw new Error(`no parser is called ${name}`)
  const { rounds, seed, nestedSizesBytes, maxCpuMs } = options
  const { parse: parseFile } = parser
  const failures: string[] = []
  let report: FuzzReport = { parser: name, inputs: 0, worstCpuMs: 0, worstInput: '', peakMemoryMiB: 0 }
  async function parse(bytes: Buffer, input: string): Promise<void> {
    const before = process.cpuUsage()
    try {
      await parseFile(bytes)
    } catch (error) {
      failures.push(`${input}: ${String(error)}`)
    }
    const { user, system } = process.cpuUsage(before)
    const cpuMs = Math.round((user + system) / 1_000)
    if (cpuMs > maxCpuMs) failures.push(`${input}: ${cpuMs} ms`)
    const isWorst = cpuMs > report.worstCpuMs
    report = {
      ...report,
      inputs: report.inputs + 1,
      worstCpuMs: isWorst ? cpuMs : report.worstCpuMs,
      worstInput: isWorst ? `${input}, ${bytes.length} bytes` : report.worstInput,
      peakMemoryMiB: Math.max(report.peakMemoryMiB, Math.round(process.memoryUsage.rss() / 2 ** 20)),
    }
  }
  const mutationNames = Object.keys(mutations)
  for (let round = 0; round < rounds; round += 1) {
    const mutation = mutationNames[round % mutationNames.length] ?? ''
    const bytes = mutations[mutation]?.(parser, seededRandom(seed + round)) ?? Buffer.alloc(0)
    await parse(bytes, `${mutation}, round ${round} of seed ${seed}`)
  }
  for (const sizeBytes of nestedSizesBytes) await parse(parser.nest(sizeBytes), 'nested')
  expect(failures).toEqual([])
  return report
}

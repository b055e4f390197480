import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ALICE, ALICES_TEAM_ID } from '../cloud/accounts.ts'
import { writeSafetensors } from '../fixtures/model-files.ts'

// What an upload costs in memory: a small and a large file go by the command line to a cloud in another process that keeps
// no byte. Memory must follow the blocks that are in flight, not the file: the two peaks must be within a few megabytes.

const sizes = [40_000_000, 400_000_000] as const
/** Node's own heap differs by about this much from run to run of the same file. */
const allowedBytes = 8_000_000
const rounds = 3

const folder = await mkdtemp(join(tmpdir(), 'modelferry-memory-'))
const commandLine = join(import.meta.dirname, '../../electron/command-line/modelferry.js')

/** Starts the cloud in a process of its own, so that its memory is not counted. */
async function startCloudBeside(): Promise<{ readonly url: string; end(): Promise<void> }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sink-cloud.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return {
    url: line.toString('utf8').trim(),
    async end() {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}

async function tokenFrom(server: string): Promise<string> {
  const answer = await fetch(`${server}/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email_address: ALICE.email, user_password: ALICE.password }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}

interface Peak {
  readonly peakBytes: number
  readonly seconds: number
}

/**
 * Uploads one file and answers the most memory that the process held at any time. The system's own count is read when the
 * file is registered, before the process ends; `registered` is printed only then.
 */
async function upload(path: string, server: string, token: string, home: string): Promise<Peak> {
  const startedMs = performance.now()
  const child = spawn(
    process.execPath,
    ['--import', join(import.meta.dirname, 'tell-peak.ts'), commandLine, 'upload', path],
    {
      env: {
        ...process.env,
        MODELFERRY_SERVER: server,
        MODELFERRY_TOKEN: token,
        MODELFERRY_TEAM: ALICES_TEAM_ID,
        MODELFERRY_HOME: home,
        MODELFERRY_PEAK_FILE: `${home}.peak`,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`the upload of ${path} ended with ${code}`)
  const peakBytes = Number(await readFile(`${home}.peak`, 'utf8'))
  return { peakBytes, seconds: (performance.now() - startedMs) / 1000 }
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

try {
  const cloud = await startCloudBeside()
  try {
    const token = await tokenFrom(cloud.url)
    const medians: number[] = []
    for (const sizeBytes of sizes) {
      const peaks: number[] = []
      for (let round = 1; round <= rounds; round += 1) {
        const name = `${sizeBytes} ${round}`
        const path = join(folder, `${name}.safetensors`)
        await writeSafetensors(path, { sizeBytes, payload: { seed: round } })
        const { peakBytes, seconds } = await upload(path, cloud.url, token, join(folder, name))
        console.log(
          `${megabytes(sizeBytes).padStart(9)}  peak ${megabytes(peakBytes)}  ${seconds.toFixed(2)} s`,
        )
        peaks.push(peakBytes)
        await rm(path)
      }
      medians.push(median(peaks))
    }
    const [small = NaN, large = NaN] = medians
    console.log(
      `Median peaks ${megabytes(small)} and ${megabytes(large)}: ${megabytes(large - small)} apart.`,
    )
    process.exitCode = large - small <= allowedBytes ? 0 : 1
  } finally {
    await cloud.end()
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { login } from '../../electron/cloud/auth.ts'
import { createCloudClient } from '../../electron/cloud/client.ts'
import { ALICE, ALICES_TEAM_ID } from '../cloud/accounts.ts'
import { startCloud } from '../cloud/cloud.ts'
import { writeSafetensors } from '../fixtures/model-files.ts'
import { createTestEnvironment, runningClock } from '../support/hand-clock.ts'
import { buildOurs } from './build-ours.ts'
import { median } from './samples.ts'

// Uploads files of 1 MB one after another with the command line, each in a process of its own, to teams with
// libraries of different sizes. Prints the time of the first run, the median of the last five, both next to
// those with an empty library, and the pages of the listing that each run requested. The server runs in this
// process.

const sizes = [0, 1_000, 10_000, 45_000]
const runs = 15

const root = mkdtempSync(join(tmpdir(), 'modelferry-large-library-'))
const programs = await buildOurs(join(root, 'programs'))
let lastFile = 0

async function upload(server: string, token: string, home: string): Promise<number> {
  lastFile += 1
  const file = join(root, `model-${lastFile}.safetensors`)
  await writeSafetensors(file, { sizeBytes: 1_000_000, payload: { seed: lastFile } })
  const env = {
    ...process.env,
    MODELFERRY_SERVER: server,
    MODELFERRY_HOME: home,
    MODELFERRY_TOKEN: token,
    MODELFERRY_TEAM: ALICES_TEAM_ID,
  }
  const from = performance.now()
  const child = spawn(process.execPath, [join(programs, 'command-line-run.js'), 'upload', '--yes', file], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = (await once(child, 'exit')) as [number]
  if (code !== 0) throw new Error(`exit code ${code}`)
  return performance.now() - from
}

async function measure(size: number) {
  const cloud = await startCloud({})
  try {
    for (let index = 0; index < size; index += 1)
      cloud.addModel(ALICES_TEAM_ID, {
        model_path: `models/loras/${index}.safetensors`,
        file_size: 200_000_000 + index,
      })
    const client = createCloudClient(cloud.url, createTestEnvironment(runningClock()))
    const answer = await login(client, ALICE.email, ALICE.password)
    if (!answer.ok) throw new Error(answer.failure.code)
    const token = answer.value.access_token
    const home = join(root, `home-${size}`)
    const times: number[] = []
    const pages: number[] = []
    for (let run = 0; run < runs; run += 1) {
      cloud.forgetOperations()
      times.push(await upload(cloud.url, token, home))
      pages.push(cloud.operations.filter(({ name }) => name === 'listModels').length)
    }
    return { first: times[0] ?? NaN, last: median(times.slice(-5)), pages }
  } finally {
    await cloud.close()
  }
}

try {
  let base: Awaited<ReturnType<typeof measure>> | null = null
  for (const size of sizes) {
    const times = await measure(size)
    base ??= times
    const first = base
    const text = (name: 'first' | 'last') =>
      `${(times[name] / 1_000).toFixed(2)} s (${(times[name] / first[name]).toFixed(1)} x)`
    console.log(
      `${size} models: first run ${text('first')}, last five ${text('last')}, pages ${times.pages.join(' ')}`,
    )
  }
} finally {
  rmSync(root, { recursive: true, force: true })
}

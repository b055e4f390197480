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
// process. With `MODELFERRY_TOKEN` nothing of the listing is kept; after a sign-in it is. The sign-in needs a
// keyring: `node test/support/runner/keyring.ts node test/bench/large-library.ts`.

const sizes = [0, 1_000, 10_000, 45_000]
const runs = 10

const root = mkdtempSync(join(tmpdir(), 'modelferry-large-library-'))
const programs = await buildOurs(join(root, 'programs'))
let lastFile = 0

async function runCommand(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  input = '',
): Promise<void> {
  const child = spawn(process.execPath, [join(programs, 'command-line-run.js'), ...words], {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  child.stdin.end(input)
  const [code] = (await once(child, 'exit')) as [number]
  if (code !== 0) throw new Error(`exit code ${code}`)
}

async function upload(environment: NodeJS.ProcessEnv): Promise<number> {
  lastFile += 1
  const file = join(root, `model-${lastFile}.safetensors`)
  await writeSafetensors(file, { sizeBytes: 1_000_000, payload: { seed: lastFile } })
  const from = performance.now()
  await runCommand(['upload', '--yes', file], environment)
  return performance.now() - from
}

type SignIn = 'token' | 'signed in'

async function signIn(how: SignIn, environment: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  if (how === 'signed in') {
    await runCommand(['login', '--email', ALICE.email], environment, `${ALICE.password}\n`)
    return environment
  }
  const client = createCloudClient(
    environment['MODELFERRY_SERVER'] ?? '',
    createTestEnvironment(runningClock()),
  )
  const answer = await login(client, ALICE.email, ALICE.password)
  if (!answer.ok) throw new Error(answer.failure.code)
  return { ...environment, MODELFERRY_TOKEN: answer.value.access_token }
}

async function measure(size: number, how: SignIn) {
  const cloud = await startCloud({})
  try {
    for (let index = 0; index < size; index += 1)
      cloud.addModel(ALICES_TEAM_ID, {
        model_path: `models/loras/${index}.safetensors`,
        file_size: 200_000_000 + index,
      })
    const environment = await signIn(how, {
      MODELFERRY_SERVER: cloud.url,
      MODELFERRY_HOME: join(root, `home-${how}-${size}`),
      MODELFERRY_TEAM: ALICES_TEAM_ID,
    })
    const times: number[] = []
    const pages: number[] = []
    for (let run = 0; run < runs; run += 1) {
      cloud.forgetOperations()
      times.push(await upload(environment))
      pages.push(cloud.operations.filter(({ name }) => name === 'listModels').length)
    }
    return { first: times[0] ?? NaN, last: median(times.slice(-5)), pages }
  } finally {
    await cloud.close()
  }
}

try {
  for (const how of ['token', 'signed in'] as const) {
    let base: Awaited<ReturnType<typeof measure>> | null = null
    for (const size of sizes) {
      const times = await measure(size, how)
      base ??= times
      const first = base
      const text = (name: 'first' | 'last') =>
        `${(times[name] / 1_000).toFixed(2)} s (${(times[name] / first[name]).toFixed(1)} x)`
      console.log(
        `${how}, ${size} models: first run ${text('first')}, last five ${text('last')}, pages ${times.pages.join(' ')}`,
      )
    }
  }
} finally {
  rmSync(root, { recursive: true, force: true })
}

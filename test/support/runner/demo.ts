import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { startCloud, type Cloud } from '../../cloud/cloud.ts'
import { writeSafetensors } from '../../fixtures/model-files.ts'

// A complete upload without a window: a local Cyberun Cloud, a real safetensors file and the command line.
// Verifies that the stored object equals the file.

const sizeBytes = 64_000_000
const commandLine = join(import.meta.dirname, '../../../electron/cli/modelferry.js')

async function signIn({
  url,
  accounts,
}: Cloud): Promise<{ readonly token: string; readonly teamId: string }> {
  const [alice] = accounts
  if (!alice) throw new Error('the local cloud has no demo account')
  const answer = await fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email_address: alice.email, user_password: alice.password }),
  })
  const { access_token: token } = (await answer.json()) as { access_token: string }
  const me = await fetch(`${url}/users/me`, { headers: { Authorization: `Bearer ${token}` } })
  const { team_list: teams } = (await me.json()) as {
    team_list: readonly { id: string; display_name: string }[]
  }
  const [team] = teams
  if (!team) throw new Error('the demo account has no team')
  console.log(`Signed in as ${alice.email}; uploading to ${team.display_name}`)
  return { token, teamId: team.id }
}

async function upload(file: string, environment: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, [commandLine, 'upload', file, '--name', 'Demo Lora'], {
    env: { ...process.env, ...environment },
    stdio: 'inherit',
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

async function demo(folder: string): Promise<boolean> {
  const cloud = await startCloud({ dataDir: join(folder, 'cloud') })
  try {
    console.log(`Local Cyberun Cloud at ${cloud.url}`)
    const file = join(folder, 'models', 'loras', 'demo lora (v2).safetensors')
    await writeSafetensors(file, { sizeBytes, payload: { seed: 1 } })
    const { token, teamId } = await signIn(cloud)
    const code = await upload(file, {
      MODELFERRY_SERVER: cloud.url,
      MODELFERRY_TOKEN: token,
      MODELFERRY_TEAM: teamId,
      MODELFERRY_HOME: join(folder, 'home'),
    })
    const [model] = cloud.modelsOf(teamId)
    const [object] = await cloud.objects()
    if (code !== 0 || !model || !object) return false
    const onDisk = await sha256Of(file)
    const stored = await object.sha256()
    console.log(`Model        ${model.id}  ${model.display_name} (${model.model_type})`)
    console.log(`Library path ${model.model_path}`)
    console.log(`SHA-256      ${onDisk}  file on disk, ${sizeBytes} bytes`)
    console.log(`             ${stored}  object in storage, ${object.size} bytes`)
    const equal = onDisk === stored && model.file_hash === `sha256:${onDisk}` && object.size === sizeBytes
    console.log(equal ? 'Equal: the object, the file and the registered hash.' : 'NOT EQUAL.')
    return equal
  } finally {
    await cloud.close()
  }
}

const folder = await mkdtemp(join(tmpdir(), 'modelferry-demo-'))
try {
  process.exitCode = (await demo(folder)) ? 0 : 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

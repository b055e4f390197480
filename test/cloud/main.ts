import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DEMO_ACCOUNTS, accountByEmail } from './accounts.ts'
import { startCeph } from './ceph/ceph.ts'
import type { Cloud } from './cloud.ts'
import { confirmOverHttp } from './confirm-command.ts'
import type { S3Endpoint } from './storage-server.ts'

const DEFAULT_PORT = 8787

const USAGE = `Runs a Cyberun Cloud on this computer, for trying and testing.

  npm run cloud -- [options]
    --port N            port of the API (${DEFAULT_PORT})
    --data DIR          where its data is kept between starts (.local-cloud)
    --s3 WHERE          embedded (default), ceph, or the URL of an S3 server; for a URL the
                        keys come from S3_ACCESS_KEY, S3_SECRET_KEY, S3_BUCKET, S3_REGION
    --part-size N       bytes in a part of a large file (104857600)
    --token-seconds N   life of an access token (3600)
    --url-seconds N     life of a presigned URL (3600)

  npm run cloud -- confirm CODE --email ADDRESS --team NAME_OR_ID
    confirms a pairing at a running cloud; --server URL says where (http://127.0.0.1:${DEFAULT_PORT}),
    --password is needed for accounts other than the demo's.`

/** An error on the command line, reported with the usage. */
class UsageError extends Error {}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = readArguments(args)
  if (values.help) {
    console.log(USAGE)
    return
  }
  if (positionals[0] === 'confirm') {
    const [, code = ''] = positionals
    const { email, team } = values
    if (code === '' || !email || !team) throw new UsageError('confirm needs CODE, --email and --team')
    const password = values.password ?? accountByEmail(email)?.password ?? ''
    const server = values.server ?? `http://127.0.0.1:${DEFAULT_PORT}`
    console.log(await confirmOverHttp(server, { code, email, password, team }))
    return
  }
  if (positionals.length > 0) throw new UsageError(`unknown command ${positionals[0]}`)
  const dataDir = values.data ?? join(import.meta.dirname, '..', '..', '.local-cloud')
  const storage = await storageOf(values.s3 ?? 'embedded', dataDir)
  const numbers = {
    port: wholeNumber('--port', values.port) ?? DEFAULT_PORT,
    partSizeBytes: wholeNumber('--part-size', values['part-size']),
    tokenSeconds: wholeNumber('--token-seconds', values['token-seconds']),
    urlSeconds: wholeNumber('--url-seconds', values['url-seconds']),
  }
  try {
    // Loading it takes most of the time of a command that needs none of it.
    const { startCloud } = await import('./cloud.ts')
    const given = Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined))
    const cloud = await startCloud({ ...given, dataDir, ...(storage.s3 ? { s3: storage.s3 } : {}) })
    greet(cloud, dataDir)
    await untilAskedToStop()
    await cloud.close()
  } finally {
    await storage.stop()
  }
}

function readArguments(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        port: text,
        data: text,
        s3: text,
        'part-size': text,
        'token-seconds': text,
        'url-seconds': text,
        email: text,
        team: text,
        password: text,
        server: text,
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function wholeNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw new UsageError(`${flag} takes a whole number`)
  return Number(text)
}

async function storageOf(
  where: string,
  dataDir: string,
): Promise<{ s3: S3Endpoint | undefined; stop(): Promise<void> }> {
  const nothing = () => Promise.resolve()
  if (where === 'embedded') return { s3: undefined, stop: nothing }
  if (where === 'ceph') {
    console.log('Starting Ceph, which takes about fifteen seconds the first time …')
    const { stop, ...s3 } = await startCeph({ dataDir: join(dataDir, 'ceph') })
    return { s3, stop }
  }
  if (!URL.canParse(where)) throw new UsageError('--s3 takes embedded, ceph or a URL')
  const { S3_ACCESS_KEY, S3_SECRET_KEY, S3_BUCKET, S3_REGION } = process.env
  if (!S3_ACCESS_KEY || !S3_SECRET_KEY) throw new UsageError('--s3 URL needs S3_ACCESS_KEY and S3_SECRET_KEY')
  const optional = {
    ...(S3_BUCKET ? { bucket: S3_BUCKET } : {}),
    ...(S3_REGION ? { region: S3_REGION } : {}),
  }
  return {
    s3: { endpoint: where, accessKey: S3_ACCESS_KEY, secretKey: S3_SECRET_KEY, ...optional },
    stop: nothing,
  }
}

function greet(cloud: Cloud, dataDir: string): void {
  console.log(`Local Cyberun Cloud: ${cloud.url}`)
  console.log(`Storage: ${cloud.storageUrl}, data: ${dataDir}`)
  for (const account of DEMO_ACCOUNTS) {
    const teams = account.teams.map((team) => `${team.displayName} (${team.role})`).join(', ')
    console.log(`  ${account.email}  ${account.password}  ${teams}`)
  }
  console.log(`Pairing: ${cloud.origin}/desktop/pair`)
}

function untilAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    // npm forwards a Ctrl-C that the terminal has already sent; the second one must not interrupt closing.
    process.on('SIGINT', () => resolve())
    process.on('SIGTERM', () => resolve())
  })
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  if (error instanceof UsageError) console.error(`\n${USAGE}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}

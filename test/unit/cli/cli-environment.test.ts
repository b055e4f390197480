import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { UsageError } from '../../../electron/cli/arguments.ts'
import { readCliEnvironment, workerFiles } from '../../../electron/cli/cli-environment.ts'
import { reviewPolicyOf } from '../../../electron/intake/review/review-policy.ts'
import { projectFolder } from '../../support/temp-project.ts'

test('uses the real server and the installed app’s folder without variables', () => {
  const { home, ...rest } = readCliEnvironment({})
  expect(rest).toEqual({
    server: 'https://core.cyberun.cloud/api/v1',
    token: null,
    team: null,
    servers: [],
    singlePutLimitBytes: 500_000_000,
    limitBytesPerSecond: null,
    policy: reviewPolicyOf({}),
    deadlineMs: null,
  })
  expect(home.startsWith(homedir() + sep)).toBe(true)
  expect(home.endsWith(`${sep}Modelferry`)).toBe(true)
})

test('reads each variable and ignores empty ones', () => {
  expect(
    readCliEnvironment({
      MODELFERRY_SERVER: ' http://127.0.0.1:8080/api/v1 ',
      MODELFERRY_TOKEN: 'dk-1',
      MODELFERRY_TEAM: 'Studio North',
      MODELFERRY_HOME: 'relative/home',
      MODELFERRY_MULTIPART_FROM: '5242880',
      MODELFERRY_LIMIT: '2.5M',
      MODELFERRY_REVIEW: 'always',
    }),
  ).toEqual({
    server: 'http://127.0.0.1:8080/api/v1',
    token: 'dk-1',
    team: 'Studio North',
    servers: [],
    home: resolve('relative/home'),
    singlePutLimitBytes: 5_242_880,
    limitBytesPerSecond: 2_500_000,
    policy: reviewPolicyOf({ review: 'always' }),
    deadlineMs: null,
  })
  expect(
    readCliEnvironment({ MODELFERRY_TOKEN: '', MODELFERRY_TEAM: '', MODELFERRY_SERVER: '' }),
  ).toMatchObject({
    server: 'https://core.cyberun.cloud/api/v1',
    token: null,
    team: null,
  })
})

test('uses the system’s folder for application data', () => {
  const place = {
    linux: '/elsewhere',
    win32: '/roaming',
    darwin: join(homedir(), 'Library', 'Application Support'),
  }
  const { home } = readCliEnvironment({ XDG_CONFIG_HOME: '/elsewhere', APPDATA: '/roaming' })
  expect(home).toBe(resolve(place[process.platform as keyof typeof place], 'Modelferry'))
})

test('rejects an invalid server address', () => {
  expect(() => readCliEnvironment({ MODELFERRY_SERVER: 'cyberun' })).toThrow(UsageError)
})

test('finds the workers among the source files in a checkout', () => {
  const files = Object.values(workerFiles(join(projectFolder, 'electron', 'command-line', 'main.ts')))
  expect(files.map((url) => [fileURLToPath(url).startsWith(projectFolder), existsSync(url)])).toEqual(
    files.map(() => [true, true]),
  )
})

test('finds the workers next to the built command line in a package', () => {
  const names = Object.values(workerFiles(join(sep, 'app', 'out', 'main', 'command-line.js'))).map((url) =>
    fileURLToPath(url),
  )
  expect(names.map((name) => name.split(sep).slice(-3).join('/'))).toEqual([
    ...[
      'out/main/upload-worker.js',
      'out/main/hash-worker.js',
      'out/main/inspect-worker.js',
      'out/main/search-worker.js',
      'out/main/watch-worker.js',
    ],
  ])
})

test.each(['5242879', '5368709121', '5.5', 'much', '-1'])('rejects %s as a multipart threshold', (text) => {
  const read = () => readCliEnvironment({ MODELFERRY_MULTIPART_FROM: text })
  expect(read).toThrow(UsageError)
  expect(read).toThrow(
    'MODELFERRY_MULTIPART_FROM must be a number of bytes from 5242880 (5 MiB) to 5368709120 (5 GiB).',
  )
})

test('trims a token, and rejects one with inner spaces without repeating it', () => {
  expect(readCliEnvironment({ MODELFERRY_TOKEN: ' eyJ.a.b\r\n' }).token).toBe('eyJ.a.b')
  expect(readCliEnvironment({ MODELFERRY_TOKEN: ' \n' }).token).toBeNull()
  for (const token of ['dk-one\ndk-two', 'dk-ключ']) {
    const read = () => readCliEnvironment({ MODELFERRY_TOKEN: token })
    expect(read).toThrow(UsageError)
    expect(read).toThrow(/^MODELFERRY_TOKEN is not a valid [^-]*$/)
  }
})

test('rejects a limit that is not a speed', () => {
  expect(() => readCliEnvironment({ MODELFERRY_LIMIT: '5 apples' })).toThrow(
    'MODELFERRY_LIMIT must be a speed',
  )
})

/** Reads the environment with the app's settings in the data folder. */
async function readWith(settings: string, environment: NodeJS.ProcessEnv = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'cli-home-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'settings.json'), settings)
  return readCliEnvironment({ MODELFERRY_HOME: folder, ...environment })
}

const [own, other] = [
  { address: 'https://models.example/api/v1', singlePutLimitBytes: 10_000_000 },
  { address: 'https://other.example/api/v1', singlePutLimitBytes: null },
]
const settings = JSON.stringify({
  server: own.address,
  servers: [own, other],
  singlePutLimitBytes: 20_000_000,
  review: 'always',
  deadlineMs: 1_800_000_000_000,
})

test('uses the servers, the limits, the review and the deadline of the app’s settings', async () => {
  expect(await readWith(settings)).toMatchObject({
    server: own.address,
    servers: [own, other],
    singlePutLimitBytes: 20_000_000,
    policy: { review: 'always' },
    deadlineMs: 1_800_000_000_000,
  })
})

test('uses no other servers of the app if a server is given', async () => {
  expect(await readWith(settings, { MODELFERRY_SERVER: `${other.address}/` })).toMatchObject({
    server: other.address,
    servers: [other],
  })
  const unknown = 'https://unknown.example/api/v1'
  expect(await readWith(settings, { MODELFERRY_SERVER: unknown })).toMatchObject({
    server: unknown,
    servers: [],
  })
})

test('a given size for parts and a given review outrank the app’s settings', async () => {
  const environment = { MODELFERRY_MULTIPART_FROM: '5242880', MODELFERRY_REVIEW: 'never' }
  expect(await readWith(settings, environment)).toMatchObject({
    servers: [{ ...own, singlePutLimitBytes: null }, other],
    singlePutLimitBytes: 5_242_880,
    policy: { review: 'never' },
  })
})

test.each(['', '{"server":', '[]', '{"server":"nowhere"}'])(
  'uses the defaults if the app’s settings are %j',
  async (text) => {
    expect(await readWith(text)).toMatchObject({ server: 'https://core.cyberun.cloud/api/v1', servers: [] })
  },
)

test('rejects a review that does not exist', () => {
  expect(() => readCliEnvironment({ MODELFERRY_REVIEW: 'sometimes' })).toThrow(
    'MODELFERRY_REVIEW must be one of: always, when-needed, never.',
  )
})

test('finds the workers beside an archive, from which they can’t be started', () => {
  const entry = join(sep, 'app', 'resources', 'app.asar', 'out', 'main', 'command-line.js')
  expect(fileURLToPath(workerFiles(entry).upload).split(sep).join('/')).toMatch(
    /\/app\/resources\/app\.asar\.unpacked\/out\/main\/upload-worker\.js$/,
  )
})

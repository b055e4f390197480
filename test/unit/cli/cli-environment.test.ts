import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { UsageError } from '../../../electron/cli/arguments.ts'
import { readCliEnvironment } from '../../../electron/cli/cli-environment.ts'
import { defaultSettings } from '../../../electron/contract/settings.ts'

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
    token: 'dk-1',
    team: 'Studio North',
    home: resolve('relative/home'),
    settings: {
      ...defaultSettings,
      server: 'http://127.0.0.1:8080/api/v1',
      singlePutLimitBytes: 5_242_880,
      review: 'always',
    },
    limitBytesPerSecond: 2_500_000,
  })
  expect(
    readCliEnvironment({ MODELFERRY_TOKEN: '', MODELFERRY_TEAM: '', MODELFERRY_SERVER: '' }),
  ).toMatchObject({
    settings: { server: 'https://core.cyberun.cloud/api/v1' },
    token: null,
    team: null,
  })
})

test.each(['5242879', '5368709121', '5.5', 'much', '-1'])('rejects %s as a multipart threshold', (text) => {
  const read = () => readCliEnvironment({ MODELFERRY_MULTIPART_FROM: text })
  expect(read).toThrow(UsageError)
  expect(read).toThrow(
    'MODELFERRY_MULTIPART_FROM must be a number of bytes from 5242880 (5 MiB) to 5368709120 (5 GiB).',
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
    settings: {
      server: own.address,
      servers: [own, other],
      singlePutLimitBytes: 20_000_000,
      review: 'always',
      deadlineMs: 1_800_000_000_000,
    },
  })
})

test('uses no other servers of the app if a server is given', async () => {
  expect(await readWith(settings, { MODELFERRY_SERVER: `${other.address}/` })).toMatchObject({
    settings: { server: other.address, servers: [other] },
  })
  const unknown = 'https://unknown.example/api/v1'
  expect(await readWith(settings, { MODELFERRY_SERVER: unknown })).toMatchObject({
    settings: { server: unknown, servers: [] },
  })
})

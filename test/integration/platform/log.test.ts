import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLog, logFileNames } from '../../../electron/platform/log.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'modelferry-log-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const linesOf = async (name: string) =>
  (await readFile(join(folder, name), 'utf8'))
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))

test('writes each line as one JSON object, in order, without secrets', async () => {
  const log = createLog({ folder: join(folder, 'new', 'logs'), now: () => 0 })
  log.info('started', { version: '1' })
  log.error('refused for dk-12345678', { headers: { Authorization: 'x' }, error: new Error('Bearer abcdef') })
  await log.flush()
  const lines = await linesOf('new/logs/modelferry.log')
  expect(lines).toMatchObject([
    { at: '1970-01-01T00:00:00.000Z', level: 'info', message: 'started', version: '1' },
    {
      level: 'error',
      message: 'refused for dk-[removed]',
      headers: { Authorization: '[removed]' },
      error: { message: 'Bearer [removed]' },
    },
  ])
})

test('never exceeds three files, with the newest lines in the first', async () => {
  const log = createLog({ folder, fileBytes: 2_000 })
  for (let index = 0; index < 100; index += 1) {
    log.info('a line of some length', { index })
    await log.flush()
  }
  expect((await readdir(folder)).sort()).toEqual(['modelferry.1.log', 'modelferry.2.log', 'modelferry.log'])
  const indexes: unknown[] = []
  // Newest first.
  for (const name of logFileNames)
    for (const line of (await linesOf(name)).toReversed()) indexes.push((line as { index: number }).index)
  expect(indexes).toEqual(indexes.map((_index, position) => 99 - position))
  for (const name of await readdir(folder)) {
    expect((await stat(join(folder, name))).size).toBeLessThanOrEqual(2_000)
  }
  expect((await linesOf('modelferry.log')).at(-1)).toMatchObject({ index: 99 })
})

test('continues the file of an earlier run, up to its size', async () => {
  const start = () => createLog({ folder, fileBytes: 200 })
  for (const [index, log] of [start(), start(), start()].entries()) {
    log.info('a line of about 90 bytes', { index })
    await log.flush()
  }
  expect(await linesOf('modelferry.1.log')).toMatchObject([{ index: 0 }, { index: 1 }])
  expect(await linesOf('modelferry.log')).toMatchObject([{ index: 2 }])
})

test('a line that is longer than a file has a file of its own', async () => {
  const log = createLog({ folder, fileBytes: 100 })
  for (const message of ['x'.repeat(200), 'y'.repeat(200)]) {
    log.info(message)
    await log.flush()
  }
  expect(await linesOf('modelferry.1.log')).toMatchObject([{ message: 'x'.repeat(200) }])
  expect(await linesOf('modelferry.log')).toMatchObject([{ message: 'y'.repeat(200) }])
})

test('writes the lines that wait at once, for a process that the system ends', async () => {
  const log = createLog({ folder })
  log.info('first')
  log.info('second')
  log.flushNow()
  const now = readFileSync(join(folder, 'modelferry.log'), 'utf8')
  await log.flush()
  expect([now.match(/first|second/g), await linesOf('modelferry.log')]).toMatchObject([
    ['first', 'second'],
    [{ message: 'first' }, { message: 'second' }],
  ])
})

test('the log can be read by its owner only', async () => {
  const log = createLog({ folder: join(folder, 'logs') })
  log.info('a line')
  await log.flush()
  const paths = [join(folder, 'logs'), join(folder, 'logs', 'modelferry.log')]
  const modes = await Promise.all(paths.map(async (path) => (await stat(path)).mode & 0o777))
  expect(modes).toEqual([0o700, 0o600])
})

test('counts each lost line once', async () => {
  const blocked = join(folder, 'logs')
  await writeFile(blocked, 'a file where the folder should be')
  const log = createLog({ folder: blocked })
  log.info('lost')
  await log.flush()
  await rm(blocked)
  for (const message of ['kept', 'kept too']) log.info(message)
  await log.flush()
  const [first, second] = await linesOf('logs/modelferry.log')
  expect(first).toMatchObject({ message: 'kept', linesLost: 1 })
  expect(second).not.toHaveProperty('linesLost')
})

test('counts the lines that are too many for a slow disk', async () => {
  const log = createLog({ folder, fileBytes: 3_000_000 })
  for (let index = 0; index < 1_000; index += 1) log.info('x'.repeat(2_000))
  await log.flush()
  log.info('last')
  await log.flush()
  const written = await linesOf('modelferry.log')
  const lost = 1_001 - written.length
  expect(lost).toBeGreaterThan(0)
  expect(written.at(-1)).toMatchObject({ message: 'last', linesLost: lost })
})

test('writes a line although its facts can’t be JSON', async () => {
  const log = createLog({ folder })
  const round: Record<string, unknown> = {}
  round['self'] = round
  log.info('odd', {
    round,
    broken: {
      get trap() {
        throw new Error('no')
      },
    },
  })
  log.info('next')
  await log.flush()
  expect(await linesOf('modelferry.log')).toMatchObject([{ message: 'odd' }, { message: 'next' }])
})

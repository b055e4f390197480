import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { DatabaseSync } from 'node:sqlite'
import type { Readable } from 'node:stream'
import { expect, onTestFinished } from 'vitest'
import { journalFile, openJournal } from '../../../../electron/journal/journal-file.ts'
import { ALICES_TEAM_ID } from '../../../cloud/accounts.ts'
import { startCloud, type Cloud } from '../../../cloud/cloud.ts'
import { writeSafetensors } from '../../../fixtures/model-files.ts'
import { seededRandom } from '../../../fixtures/seeded.ts'
import { partBytes, type HoldPoint } from '../fault.ts'
import { startRunner } from './start-runner.ts'

/** A part that was acknowledged this long before a kill, in ms, is in the journal. */
export const maxRecordDelayMs = 100

/** An upload in parts by a process of its own, which can be killed at any time. */
export interface PartsUpload {
  readonly cloud: Cloud
  readonly partCount: number
  /** Starts the app; returns what it printed, or null and the time of the kill when it was killed. */
  run(
    point: HoldPoint | { readonly until: Promise<void> } | null,
  ): Promise<{ readonly printed: string | null; readonly killedAtMs: number }>
  /** Makes the main thread of the running process hang; resolves once it does. */
  hang(): Promise<void>
  /** Numbers of the parts in the journal. */
  recordedParts(): readonly number[]
  /** When the response for each part of the last run arrived in an upload worker, in ms since 1970. */
  responseTimes(): ReadonlyMap<number, number>
  /** When each part was written to the journal, in ms since 1970. */
  recordTimes(): ReadonlyMap<number, number>
}

export async function setupPartsUpload(partCount: number): Promise<PartsUpload> {
  const folder = mkdtempSync(join(tmpdir(), 'modelferry-acknowledged-'))
  const home = join(folder, 'home')
  const cloud = await startCloud({ partSizeBytes: partBytes, discard: true })
  onTestFinished(async () => {
    await cloud.close()
    await rm(folder, { recursive: true, force: true })
  })
  const file = join(folder, 'model.safetensors')
  await writeSafetensors(file, { sizeBytes: partCount * partBytes, payload: 'sparse' })
  noteRecordTimes(home)
  let running: ChildProcess | null = null
  /** What response-times.mjs has reported in the present run. */
  let reports = ''

  function query(sql: string): readonly Record<string, unknown>[] {
    const database = new DatabaseSync(journalFile(home), { readOnly: true })
    try {
      return database.prepare(sql).all()
    } finally {
      database.close()
    }
  }

  return {
    cloud,
    partCount,
    async run(point) {
      let killedAtMs = 0
      // A part that was acknowledged just before an earlier kill may be missing, and is sent again.
      reports = ''
      let reported: Promise<unknown> = Promise.resolve()
      const printed = await startRunner(
        {
          cloud,
          home,
          file,
          reportsResponses: true,
          onStart(child) {
            running = child
            const pipe = child.stdio[3] as Readable
            reported = once(pipe, 'end')
            pipe.setEncoding('utf8').on('data', (text: string) => void (reports += text))
          },
          onKill: () => void (killedAtMs = Date.now()),
        },
        point,
      )
      await reported
      return { printed, killedAtMs }
    },
    async hang() {
      running?.kill('SIGUSR2')
      await expect.poll(() => reports).toContain('hangs')
    },
    recordedParts: () =>
      query('SELECT number FROM parts ORDER BY number').map(({ number }) => Number(number)),
    responseTimes() {
      const lines = reports.split('\n')
      const times = lines.flatMap((line) => {
        const [number = NaN, atMs = NaN] = line.split(' ').map(Number)
        return atMs > 0 ? [[number, atMs] as const] : []
      })
      return new Map(times)
    },
    recordTimes: () =>
      new Map(
        query('SELECT number, at_ms FROM recorded_parts').map(({ number, at_ms: atMs }) => [
          Number(number),
          Number(atMs),
        ]),
      ),
  }
}

/** Makes SQLite itself note when each part is written, in whichever thread. */
function noteRecordTimes(home: string): void {
  const { database } = openJournal(home, Date.now())
  database.exec(`
    CREATE TABLE recorded_parts (number INTEGER PRIMARY KEY, at_ms REAL);
    CREATE TRIGGER note_part AFTER INSERT ON parts BEGIN
      INSERT OR REPLACE INTO recorded_parts VALUES (NEW.number, unixepoch('subsec') * 1000);
    END;`)
  database.close()
}

/** Keeps `count` threads of the machine busy until the test ends, or this process if it is killed. */
export function keepBusy(count: number): void {
  for (let index = 0; index < count; index += 1) {
    const loop = 'while kill -0 "$0"; do :; done'
    const child = spawn('sh', ['-c', loop, String(process.pid)], { stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
  }
}

export function acknowledgedNumbers({ cloud }: Pick<PartsUpload, 'cloud'>): number[] {
  return cloud.operations
    .filter(({ name, status }) => name === 'put-part' && status === 200)
    .map(({ partNumber = 0 }) => partNumber)
}

/** From the response to the journal, in ms, of each part of the last run that is in it. */
export function recordDelaysMs(
  upload: Pick<PartsUpload, 'responseTimes' | 'recordTimes'>,
): readonly number[] {
  const recordedAt = upload.recordTimes()
  return [...upload.responseTimes()].flatMap(([number, atMs]) => {
    const recordedAtMs = recordedAt.get(number)
    return recordedAtMs === undefined ? [] : [recordedAtMs - atMs]
  })
}

export interface KilledTwice {
  /** How many acknowledged parts were sent again. */
  readonly sentAgain: number
  /** See `recordDelaysMs`. */
  readonly delaysMs: readonly number[]
}

/**
 * Kills the app two times at random moments and lets it end; fails if a part was sent again whose response
 * had arrived in an upload worker more than `maxRecordDelayMs` before the kill. The failure names the seed, the
 * byte of the kill, and the times of each part before the kill.
 */
export async function killTwice(seed: number, partCount: number): Promise<KilledTwice> {
  const dice = seededRandom(seed)
  const upload = await setupPartsUpload(partCount)
  const { cloud } = upload
  const delaysMs: number[] = []
  for (let kill = 1; kill <= 2; kill += 1) {
    const missing = partCount - new Set(acknowledgedNumbers(upload)).size
    const moment = 1 + Math.floor(dice() * Math.max(1, missing - 4) * partBytes)
    const { killedAtMs } = await upload.run({ on: 'put-part', moment, choice: { together: true } })
    const arrived = [...upload.responseTimes()].filter(([, atMs]) => atMs < killedAtMs - maxRecordDelayMs)
    const recorded = new Set(upload.recordedParts())
    const lost = arrived.flatMap(([number]) => (recorded.has(number) ? [] : [number]))
    const what = `seed ${seed}, kill ${kill} after ${moment} bytes, load ${loadavg()[0]?.toFixed(1)}`
    expect(lost, `${what}, ms before the kill:\n${timesBefore(killedAtMs, upload)}`).toEqual([])
    delaysMs.push(...recordDelaysMs(upload))
  }
  const before = new Set(upload.recordedParts())
  const sentBefore = acknowledgedNumbers(upload).length
  expect((await upload.run(null)).printed, `seed ${seed}`).toBe('registered')
  // Without reports, no part would be missing above.
  expect(upload.responseTimes().size).toBeGreaterThan(0)
  const sentAfter = acknowledgedNumbers(upload).slice(sentBefore)
  expect(sentAfter.filter((number) => before.has(number))).toEqual([])
  expect(cloud.modelsOf(ALICES_TEAM_ID)).toHaveLength(1)
  return { sentAgain: acknowledgedNumbers(upload).length - partCount, delaysMs }
}

/** A line for each part: when its response arrived and when it was written, in ms before the kill. */
function timesBefore(killedAtMs: number, upload: PartsUpload): string {
  const recordedAt = upload.recordTimes()
  const lines = [...upload.responseTimes()].map(([number, atMs]) => {
    const recordedAtMs = recordedAt.get(number)
    const written = recordedAtMs === undefined ? 'not written' : `written ${killedAtMs - recordedAtMs}`
    return `part ${number}: response ${killedAtMs - atMs}, ${written}`
  })
  return lines.join('\n')
}

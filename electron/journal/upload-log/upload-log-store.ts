import type { DatabaseSync } from 'node:sqlite'
import type { LogEventName, UploadLog } from '../../contract/upload-log.ts'
import type { Environment } from '../../platform/environment.ts'
import { createWrite } from '../journal-write.ts'
import { appendToLog, emptyLog, parseLog, serializeLog, type LogItem } from './upload-log.ts'

/** Items are written together after this time, in ms; a process that is killed loses those. */
const writeDelayMs = 150
/** The next attempt after the disk refused them, in ms. */
const retryDelayMs = 10_000
/** Logs written in one transaction, so that pausing ten thousand uploads does not block the thread for long. */
const logsPerWrite = 200
/** More items of one upload are not kept while they can't be written. */
const maxPendingItems = 500
/** Over all uploads, in bytes. Beyond it the oldest logs are removed, those of finished uploads first. */
const maxTotalBytes = 50_000_000
/** The sum is checked at the start and after this many written logs. */
const logsPerCheck = 2_000

/** The logs of all uploads. They are deleted together with their uploads. */
export interface UploadLogStore {
  /** Adds to the log of an upload, in memory at first. */
  append(id: string, item: LogItem): void
  read(id: string): UploadLog
  /** Writes everything that is still in memory, before uploads are encrypted or when the process ends. */
  flush(): void
}

/**
 * Writes logs beside the transfer: a commit without a flush of the disk, since the kernel keeps the data of a
 * killed process and the next change of a row flushes it too.
 */
export function createUploadLogStore(
  database: DatabaseSync,
  environment: Environment,
  limits: { readonly maxTotalBytes: number } = { maxTotalBytes },
): UploadLogStore {
  const write = createWrite(database, environment, { isFlushed: false })
  const select = database.prepare('SELECT log FROM upload_logs WHERE upload = ?')
  // Of an upload that was removed meanwhile nothing is written.
  const save = database.prepare(
    `INSERT INTO upload_logs (upload, changed_at_ms, log) SELECT id, ?, ? FROM uploads WHERE id = ?
     ON CONFLICT (upload) DO UPDATE SET changed_at_ms = excluded.changed_at_ms, log = excluded.log`,
  )
  const pending = new Map<string, LogItem[]>()
  /** Uploads whose log this process has continued. */
  const continued = new Set<string>()
  let cancel: (() => void) | null = null
  let uncheckedLogs = logsPerCheck

  const stored = (id: string): UploadLog => {
    const line = select.get(id)
    return line ? parseLog(line['log']) : emptyLog
  }

  function merged(id: string, items: readonly LogItem[]): UploadLog {
    const log = stored(id)
    const last = log.events.at(-1)
    const [first] = items
    const isLeftOpen = last !== undefined && runSteps.has(last.event) && !continued.has(id)
    if (!isLeftOpen || first?.kind !== 'event') return appendToLog(log, items)
    return appendToLog(log, [{ kind: 'event', event: { event: 'ended', atMs: first.event.atMs } }, ...items])
  }

  function schedule(delayMs: number): void {
    cancel ??= environment.timers.after(delayMs, () => {
      cancel = null
      if (!database.isOpen) return
      const isWritten = writeSome()
      if (pending.size > 0) schedule(isWritten ? 0 : retryDelayMs)
    })
  }

  function writeSome(): boolean {
    const some = [...pending].slice(0, logsPerWrite)
    // Before the transaction: upload threads that record a part wait for its end.
    const logs = some.map(([id, items]) => ({ id, text: serializeLog(merged(id, items)) }))
    const written = write(() => {
      for (const { id, text } of logs) save.run(environment.now(), text, id)
      uncheckedLogs += some.length
      if (uncheckedLogs >= logsPerCheck) removeOldest(database, limits.maxTotalBytes)
    })
    if (!written.ok) return false
    if (uncheckedLogs >= logsPerCheck) uncheckedLogs = 0
    for (const [id] of some) {
      pending.delete(id)
      continued.add(id)
    }
    return true
  }

  return {
    append(id, item) {
      const items = pending.get(id)
      if (!items) pending.set(id, [item])
      else if (items.length < maxPendingItems) items.push(item)
      schedule(writeDelayMs)
    },
    read: (id) => merged(id, pending.get(id) ?? []),
    flush() {
      cancel?.()
      cancel = null
      while (pending.size > 0 && writeSome());
    },
  }
}

/** The steps of a run, which have the names of its phases. */
const runSteps: ReadonlySet<LogEventName> = new Set(['checking', 'sending', 'finishing', 'registering'])

function removeOldest(database: DatabaseSync, maxBytes: number): void {
  const sum = database.prepare('SELECT coalesce(sum(octet_length(log)), 0) AS bytes FROM upload_logs').get()
  let excessBytes = Number(sum?.['bytes']) - maxBytes
  if (excessBytes <= 0) return
  const oldest = database.prepare(
    `SELECT upload, octet_length(log) AS bytes FROM upload_logs JOIN uploads ON uploads.id = upload
     ORDER BY phase <> 'registered', changed_at_ms`,
  )
  const remove = database.prepare('DELETE FROM upload_logs WHERE upload = ?')
  const removed: string[] = []
  for (const { upload, bytes } of oldest.iterate()) {
    removed.push(String(upload))
    excessBytes -= Number(bytes)
    if (excessBytes <= 0) break
  }
  for (const id of removed) remove.run(id)
}

import * as v from 'valibot'
import type { CallArgs } from '../contract/calls.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import { serverAddressOf } from '../contract/servers.ts'
import { defaultSettings, settingsSchema, type Settings } from '../contract/settings.ts'
import type { Log } from './environment.ts'

/** A JSON file of named values. Other programs and the user may have edited it. */
export interface JsonStore {
  read(): Readonly<Record<string, unknown>>
  /** Values whose names are not given stay as they are. Returns false if the file could not be written. */
  write(values: Readonly<Record<string, unknown>>): boolean
}

export interface SettingsStore {
  /** The address of the only server for sign-ins, which the environment gives, or null. */
  readonly fixedServer: string | null
  current(): Settings
  /**
   * `bad-server-address` when the server is neither https nor on this computer; `server-fixed` when the
   * environment gives another one; `settings-not-saved` when the change applies, but only until the app ends.
   */
  change(change: CallArgs<'changeSettings'>): Result<Settings>
  /** Called after each change. */
  onChange(listener: (settings: Settings, before: Settings) => void): void
}

/**
 * Parses stored settings one by one: a missing or invalid value falls back to its default. `refused` names
 * the invalid ones.
 */
export function parseSettings(stored: Readonly<Record<string, unknown>>): {
  readonly settings: Settings
  readonly refused: readonly string[]
} {
  const valid: Record<string, unknown> = {}
  const refused: string[] = []
  for (const [name, schema] of Object.entries(settingsSchema.entries)) {
    if (!Object.hasOwn(stored, name)) continue
    const parsed = v.safeParse(schema, stored[name])
    if (parsed.success) valid[name] = parsed.output
    else refused.push(name)
  }
  return { settings: { ...defaultSettings, ...valid }, refused }
}

/**
 * The user's settings. A server given in the environment (`MODELFERRY_SERVER`) replaces the stored one for
 * this run. It fails with `bad-server-address` if that is neither https nor on this computer: using it would
 * send the sign-in unencrypted, and falling back to the stored server would send files where the user did not
 * intend.
 */
export function createSettings(options: {
  readonly store: JsonStore
  readonly serverFromOutside: string | undefined
  readonly log: Log
}): Result<SettingsStore> {
  const { store, serverFromOutside, log } = options
  const { settings, refused } = parseSettings(store.read())
  if (refused.length > 0) log.warn('invalid stored settings were ignored', { refused })
  const requested = serverFromOutside?.trim()
  const requestedServer = requested ? serverAddressOf(requested) : undefined
  if (requestedServer === null) return failed(failure('bad-server-address'))
  const listeners: ((settings: Settings, before: Settings) => void)[] = []
  let current: Settings = { ...settings, server: requestedServer ?? settings.server }

  return success({
    fixedServer: requestedServer ?? null,
    current: () => current,
    change(change) {
      const server = change.server === undefined ? undefined : serverAddressOf(change.server)
      if (server === null) return failed(failure('bad-server-address'))
      if (requestedServer !== undefined && server !== undefined && server !== requestedServer)
        return failed(failure('server-fixed', { host: new URL(requestedServer).host }))
      const stored = { ...change, server: requestedServer === undefined ? server : undefined }
      const given = Object.entries(stored).filter(([, value]) => value !== undefined)
      const values = Object.fromEntries(given)
      const isSaved = store.write(values)
      const before = current
      current = { ...current, ...values }
      for (const listener of listeners) listener(current, before)
      return isSaved ? success(current) : failed(failure('settings-not-saved'))
    },
    onChange(listener) {
      listeners.push(listener)
    },
  })
}
